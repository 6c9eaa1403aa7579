int frob(int);
