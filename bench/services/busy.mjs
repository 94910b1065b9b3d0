// Takes a core until it is ended.
for (;;);
