"""What is wrong with a definition is told in Japanese too."""

from __future__ import annotations

import re

import pytest
from django.utils.translation import override

from cohorts.definitions.parse import parse_definition
from cohorts.definitions.problems import DefinitionError
from cohorts.retelling import retell
from tests.cohorts.definitions.test_parse import BAD

# Names and values of the definition, what is written as in its language, and what Python says of a
# regular expression.
CODE = re.compile(
    r"“[^”]*”|「[^」]*」|\{[^}]*\}|\[[^\]]*\]|ではありません: .*"
    r"|true|false|null|scope|JSON|Query|Funnel|Retention|NUL|ID"
)


def test_every_mistake_of_the_language_is_told_in_japanese() -> None:
    english = []
    for data, _path in BAD:
        with pytest.raises(DefinitionError) as caught:
            parse_definition(data)
        with override("ja"):
            told = [retell(problem.message) for problem in caught.value.problems]
        english += [text for text in told if re.search("[A-Za-z]{2,}", CODE.sub("", text))]
    assert english == []
