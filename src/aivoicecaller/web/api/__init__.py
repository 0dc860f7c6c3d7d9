"""The API that the dashboard and the command line use."""
