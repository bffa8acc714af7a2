/* Forms, as STS is asked: what is read is what stood there, and is read again
 * however it is encoded.
 *
 * Input: the text of a request's body.
 */
#include "api/form.h"

#include "fuzz.h"

/* %XX for every byte. */
static void encode(const char *text, struct buf *out)
{
  for (; *text != '\0'; text++)
    buf_printf(out, "%%%02X", (unsigned)(unsigned char)*text);
}

static void same(const struct form *a, const struct form *b)
{
  CLAIM(a->n == b->n);
  for (size_t i = 0; i < a->n; i++) {
    const char *name = a->text.data + a->fields[i].name;
    const char *value = form_get(b, name);

    CLAIM(value != NULL && strcmp(value, form_get(a, name)) == 0);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static struct form form, again;
  char *text = fuzz_text(data, len);
  struct err e = {0};
  struct buf all;
  int rc = form_read(text, len, &form, &e);

  CLAIM(rc == 0 || (rc == -ERR_VALIDATION && e.text[0] != '\0'));
  CLAIM(form.n <= FORM_FIELDS_MAX && form.text.len <= FORM_BYTES_MAX);
  if (rc == 0) {
    buf_init(&all, 4 * FORM_BYTES_MAX, false);
    for (size_t i = 0; i < form.n; i++) {
      buf_puts(&all, i > 0 ? "&" : "");
      encode(form.text.data + form.fields[i].name, &all);
      buf_putc(&all, '=');
      encode(form.text.data + form.fields[i].value, &all);
    }
    CLAIM(!all.failed);
    CLAIM(form_read(all.data == NULL ? "" : all.data, all.len, &again, &e) ==
          0);
    same(&form, &again);
    form_release(&again);
    buf_release(&all);
  }
  form_release(&form);
  free(text);
  return 0;
}
