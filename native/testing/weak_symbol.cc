// Something for kernel_symbols.sh to find: an inline function outside the namespace of any instruction set.
__attribute__((noinline)) inline int weak_symbol(int x) { return x + 1; }
int use_weak_symbol(int x) { return weak_symbol(x); }
