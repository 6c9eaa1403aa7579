int frob_read(int);
