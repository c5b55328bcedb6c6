"""The command line: from argv to a call, from its result to text; the only package that prints."""
