"""Other products' messages into the contract's: one file a product, each with its golden files."""
