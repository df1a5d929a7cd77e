"""The gateway on other brokers than one Redis: `make test-brokers`."""
