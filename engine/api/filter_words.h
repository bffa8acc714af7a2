/* Words, as ListSecrets' filters see them in a text: between blanks and the
 * characters / _ + = . @ -, and where camel case begins a new one (`MyApp` has
 * two; `COMPANYThings` has COMPAN and YThings, as AWS's search has it).
 */
#ifndef API_FILTER_WORDS_H
#define API_FILTER_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* The next word from *at on, which moves behind it; false: there is none.
 * *out_word: borrowed from the text, of *out_len bytes. */
bool word_next(const char **at, const char **out_word, size_t *out_len);

/* Does each word of `wanted` begin some word of some text, in whatever case?
 * Texts that are NULL are passed over. */
bool words_begin(const char *wanted, const char *const *texts, size_t n);

#endif
