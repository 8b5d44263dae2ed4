//! What the scripts do is tested on real databases; here is what is told before there are any.
