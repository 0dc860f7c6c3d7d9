"""HTTP: the API, the providers' webhooks, the live stream and the dashboard."""
