/* Chance that repeats itself: splitmix64 (Steele, Lea, Flood 2014). A cast of dice is named by
 * seed, number and purpose, so that what one decision takes never moves another. Cast once in a
 * statement: C leaves open in which order two calls in one expression are made. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t dice_roll(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline struct dice dice_for(uint64_t seed, uint64_t number, uint64_t purpose)
{
	struct dice dice = { .state = seed };

	dice.state = dice_roll(&dice) ^ number;
	dice.state = dice_roll(&dice) ^ (purpose << 32);
	return dice;
}

/* 0 .. limit - 1, limit at most 2^32. */
static inline uint64_t dice_below(struct dice *dice, uint64_t limit)
{
	return ((dice_roll(dice) >> 32) * limit) >> 32;
}

static inline bool dice_permille(struct dice *dice, uint64_t chance)
{
	return dice_below(dice, 1000) < chance;
}

/* 0 .. count - 1 with the weight of k about 1 / (k + 1): an octave is chosen evenly, then a place
 * in it. */
static inline size_t dice_zipf(struct dice *dice, size_t count)
{
	unsigned octaves = 1;
	size_t pick;

	while (((size_t)1 << octaves) < count)
		octaves++;
	do
		pick = (size_t)dice_below(dice, (uint64_t)1 << dice_below(dice, octaves + 1));
	while (pick >= count);
	return pick;
}
