"""Who speaks on a call: configuration, versions and the words of templates. Pure."""
