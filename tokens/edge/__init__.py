"""The edge broker: the Worker itself and what manages it through Cloudflare's API."""
