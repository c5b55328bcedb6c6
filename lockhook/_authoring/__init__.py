"""What runs on a developer's machine: settings, freshness, uv, git, and the locks that result."""
