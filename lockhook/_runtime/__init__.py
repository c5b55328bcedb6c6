"""What runs inside somebody's benchmark. It imports next to nothing, and never `_authoring`."""
