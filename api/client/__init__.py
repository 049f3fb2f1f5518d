"""The client of a service: the methods of `Library` over HTTP. `nonmun.client` has the public names."""
