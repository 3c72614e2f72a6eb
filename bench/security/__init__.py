"""Known weaknesses, secrets and templates: what other people's tools say of this repository."""
