"""Words in: the command line of cp and install, as data, as a parser, as help and for click."""
