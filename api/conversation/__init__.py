"""Conversation state: turns, and follow-up questions resolved against them."""
