"""`lockhook demo`: all of it at work on a throw-away project, with the real tools."""
