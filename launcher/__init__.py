"""The front steps: what runs before the environment exists. Standard library only.

Sets up `.venv`, prepares the data folder, starts and watches the product's processes,
and finds what the tests need. Knows the product only by its commands.
"""
