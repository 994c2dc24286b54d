#if Tool
import ArgumentParser
#endif
print("letterlock")
