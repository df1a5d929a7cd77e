"""The client APIs, one module each: request -> Conversation, and events -> response.

Both halves are pure. An encoder is a function of (reply header, log) alone: no clock, no random, no settings,
so the live stream, a replay and a whole answer cannot differ.
"""
