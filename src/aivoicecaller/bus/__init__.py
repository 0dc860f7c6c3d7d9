"""Requests to a live call and news from it. It holds no fact."""
