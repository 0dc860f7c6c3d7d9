"""A carrier, a speech engine and people to call, all offline, on the providers' own wire."""
