#include <stdio.h>

int main(void)
{
	printf("aviary %s\n", AVIARY_VERSION);
	return 0;
}
