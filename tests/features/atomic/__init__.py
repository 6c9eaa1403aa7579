"""--atomic and --durable: what is seen while a copy goes on, and what is left of it."""
