// Talking to the server. Every call answers parsed data or throws an ApiError with words
// that can be shown.

export class ApiError extends Error {
  constructor(message, status, data) {
    super(message);
    this.status = status;
    this.data = data;
  }
}

export class Api {
  constructor(urls, texts) {
    this.urls = urls;
    this.texts = texts;
  }

  preview(body, signal) {
    return this.#post(this.urls.preview, body, signal).then((answer) => answer.json());
  }

  save(body) {
    return this.#post(this.urls.save, body).then((answer) => answer.json());
  }

  /** The User Sample as an HTML fragment. */
  sample(body, signal) {
    return this.#post(this.urls.sample, body, signal).then((answer) => answer.text());
  }

  /** Why one user is in the draft or not, as an HTML fragment. The id goes into the body: it must
      not stand in an address. */
  check(body, user, signal) {
    return this.#post(this.urls.check_draft, { ...body, user }, signal).then((answer) => answer.text());
  }

  /** Without a dialect in the words of the dataset's own engine. */
  sql(body, dialect) {
    return this.#post(this.urls.sql, { ...body, dialect }).then((answer) => answer.text());
  }

  catalog(dataset) {
    return this.#get(this.urls.catalog, { dataset });
  }

  values(query, signal) {
    return this.#get(this.urls.values, query, signal).then((answer) => answer.values);
  }

  async #get(url, query, signal) {
    const answer = await this.#send(`${url}?${new URLSearchParams(query)}`, { signal });
    return answer.json();
  }

  #post(url, body, signal) {
    return this.#send(url, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken() },
      signal,
    });
  }

  async #send(url, options) {
    let answer;
    try {
      answer = await fetch(url, { ...options, credentials: "same-origin", redirect: "manual" });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError(this.texts.offline, 0, null);
    }
    // The access guard answers a lost session with a redirect to the login page.
    if (answer.type === "opaqueredirect") throw new ApiError(this.texts.signed_out, 401, null);
    if (answer.ok) return answer;
    const isJson = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
    const data = isJson ? await answer.json() : null;
    throw new ApiError(data?.message ?? this.texts.failed, answer.status, data);
  }
}

const csrfToken = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
