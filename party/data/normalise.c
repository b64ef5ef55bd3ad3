#include "party/data/normalise.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "net/base/secret.h"
#include "party/data/utf8.h"

/* Work is done in place: a normaliser holds the text while one stage after the other rewrites it.
 * Stages that read code points and write at most as many bytes use this cursor. */
struct cursor {
    const char *next, *end;
    char *out;
};

/* --- storage --- */

void rf_normaliser_fini(struct rf_normaliser *normaliser)
{
    rf_secret_free(normaliser->text, normaliser->room);
    *normaliser = (struct rf_normaliser){0};
}

static enum rf_rc reserve(struct rf_normaliser *n, size_t room)
{
    if (n->room >= room)
        return RF_OK;
    char *text = malloc(room * 2);
    if (!text)
        return RF_E_MEMORY;
    rf_secret_free(n->text, n->room);
    n->text = text;
    n->room = room * 2;
    return RF_OK;
}

static enum rf_rc store(struct rf_normaliser *n, const char *text, size_t size)
{
    enum rf_rc rc = reserve(n, size + 1);
    if (rc != RF_OK)
        return rc;
    memcpy(n->text, text, size);
    n->text[size] = '\0';
    n->size = size;
    return RF_OK;
}

static struct cursor begin(struct rf_normaliser *n)
{
    return (struct cursor){.next = n->text, .end = n->text + n->size, .out = n->text};
}

static bool more(const struct cursor *c)
{
    return c->next < c->end;
}

static utf8proc_int32_t take(struct cursor *c)
{
    utf8proc_int32_t code;
    c->next += utf8proc_iterate((const utf8proc_uint8_t *)c->next, c->end - c->next, &code);
    return code;
}

static void put(struct cursor *c, utf8proc_int32_t code)
{
    c->out += utf8proc_encode_char(code, (utf8proc_uint8_t *)c->out);
}

static void end(struct rf_normaliser *n, const struct cursor *c)
{
    n->size = (size_t)(c->out - n->text);
    n->text[n->size] = '\0';
}

static enum rf_rc refuse(const char **why, const char *reason)
{
    *why = reason;
    return RF_E_FORMAT;
}

/* --- characters --- */

static bool is_space(utf8proc_int32_t code)
{
    if (code < 128)
        return code == ' ' || (code >= '\t' && code <= '\r');
    utf8proc_category_t category = utf8proc_category(code);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || code == 0x85;
}

static bool is_control(utf8proc_int32_t code)
{
    return !is_space(code) && utf8proc_category(code) == UTF8PROC_CATEGORY_CC;
}

static bool is_dash(utf8proc_int32_t code)
{
    return code == '-' || code == 0x2212 || utf8proc_category(code) == UTF8PROC_CATEGORY_PD;
}

static bool is_punctuation(utf8proc_int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_SO;
}

/* Invisible marks such as the direction marks that come along when numbers are copied. */
static bool is_format(utf8proc_int32_t code)
{
    return code >= 128 && utf8proc_category(code) == UTF8PROC_CATEGORY_CF;
}

/* A decimal digit of any script, or -1. Every script has its ten in a row from zero up; only the
 * mathematical digits have several rows end to end. */
static int digit(utf8proc_int32_t code)
{
    if (code < 128)
        return code >= '0' && code <= '9' ? code - '0' : -1;
    if (utf8proc_category(code) != UTF8PROC_CATEGORY_ND)
        return -1;
    if (code >= 0x1d7ce && code <= 0x1d7ff)
        return (code - 0x1d7ce) % 10;
    int value = 0;
    while (value < 9 && utf8proc_category(code - value - 1) == UTF8PROC_CATEGORY_ND)
        value++;
    return value;
}

/* --- stages --- */

static utf8proc_int32_t upper(utf8proc_int32_t code, void *unused)
{
    (void)unused;
    int value = digit(code);
    return value >= 0 ? '0' + value : utf8proc_toupper(code);
}

static enum rf_rc remap(struct rf_normaliser *n, int options, utf8proc_custom_func change)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t size =
        utf8proc_map_custom((const utf8proc_uint8_t *)n->text, (utf8proc_ssize_t)n->size, &mapped,
                            (utf8proc_option_t)(UTF8PROC_STABLE | options), change, NULL);
    if (size < 0)
        return RF_E_MEMORY;
    enum rf_rc rc = store(n, (const char *)mapped, (size_t)size);
    rf_secret_free(mapped, (size_t)size);
    return rc;
}

/* Canonical decomposition without what nobody can see. */
static enum rf_rc decompose(struct rf_normaliser *n)
{
    if (rf_utf8_ascii(n->text, n->size))
        return RF_OK;
    return remap(n, UTF8PROC_DECOMPOSE | UTF8PROC_IGNORE, NULL);
}

static enum rf_rc upper_compose(struct rf_normaliser *n)
{
    if (!rf_utf8_ascii(n->text, n->size))
        return remap(n, UTF8PROC_COMPOSE, upper);
    for (size_t i = 0; i < n->size; i++)
        if (n->text[i] >= 'a' && n->text[i] <= 'z')
            n->text[i] = (char)(n->text[i] - 'a' + 'A');
    return RF_OK;
}

/* Folds what is decomposed: otherwise U+0345 would make equivalent texts differ. */
static enum rf_rc fold_compose(struct rf_normaliser *n)
{
    if (!rf_utf8_ascii(n->text, n->size))
        return remap(n, UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD, NULL);
    for (size_t i = 0; i < n->size; i++)
        if (n->text[i] >= 'A' && n->text[i] <= 'Z')
            n->text[i] = (char)(n->text[i] - 'A' + 'a');
    return RF_OK;
}

static enum rf_rc drop(struct rf_normaliser *n, bool (*unwanted)(utf8proc_int32_t),
                       const char **why)
{
    struct cursor c = begin(n);
    while (more(&c)) {
        utf8proc_int32_t code = take(&c);
        if (is_control(code))
            return refuse(why, "holds a control character");
        if (!unwanted(code))
            put(&c, code);
    }
    end(n, &c);
    return RF_OK;
}

/* Words with one space between them; @separates says what else but spaces parts them. */
static void collapse(struct rf_normaliser *n, bool (*separates)(utf8proc_int32_t))
{
    struct cursor c = begin(n);
    bool gap = false;
    while (more(&c)) {
        utf8proc_int32_t code = take(&c);
        if (is_space(code) || is_control(code) || separates(code)) {
            gap = true;
            continue;
        }
        if (gap && c.out != n->text)
            put(&c, ' ');
        gap = false;
        put(&c, code);
    }
    end(n, &c);
}

static enum rf_rc trim(struct rf_normaliser *n, const char **why)
{
    struct cursor c = begin(n);
    char *text_end = n->text;
    while (more(&c)) {
        utf8proc_int32_t code = take(&c);
        if (is_control(code))
            return refuse(why, "holds a control character");
        if (is_space(code) && c.out == n->text)
            continue;
        put(&c, code);
        if (!is_space(code))
            text_end = c.out;
    }
    c.out = text_end;
    end(n, &c);
    return RF_OK;
}

/* --- types --- */

static bool in_national_id(utf8proc_int32_t code)
{
    return is_space(code) || is_dash(code) || code == '.' || code == '/';
}

static enum rf_rc squeeze(struct rf_normaliser *n, bool (*unwanted)(utf8proc_int32_t),
                          const char **why)
{
    enum rf_rc rc;
    RF_TRY(decompose(n));
    RF_TRY(drop(n, unwanted, why));
    RF_TRY(upper_compose(n));
done:
    return rc;
}

static enum rf_rc national_id(struct rf_normaliser *n, const char **why)
{
    return squeeze(n, in_national_id, why);
}

static bool in_phone(utf8proc_int32_t code)
{
    return is_space(code) || is_dash(code) || is_format(code) ||
           (code < 128 && strchr("./()[]_,:'", code));
}

/* "+44 (0)20 ...": the zero is dialled only without the country code. */
static bool take_trunk_zero(struct cursor *c, bool international)
{
    if (!international || c->end - c->next < 3 || strncmp(c->next, "(0)", 3) != 0)
        return false;
    c->next += 3;
    return true;
}

static bool starts_with_00(const char *from, const char *to)
{
    return to - from >= 2 && from[0] == '0' && from[1] == '0';
}

/* Digits to n->text + 1, so that a plus sign can go in front. */
static enum rf_rc phone_digits(struct rf_normaliser *n, char *digits, size_t *count, bool *plus,
                               const char **why)
{
    struct cursor c = begin(n);
    c.out = digits;
    while (more(&c)) {
        if (take_trunk_zero(&c, *plus || starts_with_00(digits, c.out)))
            continue;
        utf8proc_int32_t code = take(&c);
        int value = digit(code);
        if (value >= 0)
            *c.out++ = (char)('0' + value);
        else if ((code == '+' || code == 0xff0b) && c.out == digits && !*plus)
            *plus = true;
        else if (!in_phone(code))
            return refuse(why, "holds a character that does not belong in a phone number");
    }
    *count = (size_t)(c.out - digits);
    return RF_OK;
}

static enum rf_rc phone_prefix(struct rf_normaliser *n, const char *digits, size_t count, bool plus,
                               const char **why)
{
    if (!plus && starts_with_00(digits, digits + count)) {
        plus = true;
        digits += 2;
        count -= 2;
    }
    if (count == 0)
        return refuse(why, "has no digits");
    if (plus && digits[0] == '0')
        return refuse(why, "has a country code that begins with 0");
    n->text[0] = '+';
    memcpy(n->text + plus, digits, count);
    n->size = count + plus;
    n->text[n->size] = '\0';
    return RF_OK;
}

static enum rf_rc phone(struct rf_normaliser *n, const char **why)
{
    enum rf_rc rc;
    bool plus = false;
    size_t count = 0;
    size_t room = n->size + 1;
    char *digits = malloc(room);
    if (!digits)
        return RF_E_MEMORY;
    RF_TRY(phone_digits(n, digits, &count, &plus, why));
    RF_TRY(phone_prefix(n, digits, count, plus, why));
done:
    rf_secret_free(digits, room);
    return rc;
}

static enum rf_rc email(struct rf_normaliser *n, const char **why)
{
    enum rf_rc rc;
    RF_TRY(decompose(n));
    RF_TRY(fold_compose(n));
    RF_TRY(trim(n, why));
    const char *at = n->size ? memchr(n->text, '@', n->size) : NULL;
    if (n->size && (!at || at == n->text || n->text[n->size - 1] == '@'))
        return refuse(why, "is not an e-mail address: it needs something on both sides of an @");
    for (struct cursor c = begin(n); more(&c);)
        if (is_space(take(&c)))
            return refuse(why, "is not an e-mail address: it holds a space");
done:
    return rc;
}

static enum rf_rc address(struct rf_normaliser *n, const char **why)
{
    (void)why;
    enum rf_rc rc;
    RF_TRY(decompose(n));
    RF_TRY(fold_compose(n));
    collapse(n, is_punctuation);
done:
    return rc;
}

static enum rf_rc device(struct rf_normaliser *n, const char **why)
{
    enum rf_rc rc;
    RF_TRY(decompose(n));
    RF_TRY(fold_compose(n));
    RF_TRY(trim(n, why));
done:
    return rc;
}

static enum rf_rc card(struct rf_normaliser *n, const char **why)
{
    struct cursor c = begin(n);
    while (more(&c)) {
        utf8proc_int32_t code = take(&c);
        int value = digit(code);
        if (value >= 0)
            put(&c, '0' + value);
        else if (!is_space(code) && !is_dash(code) && !is_format(code) && code != '.')
            return refuse(why, "holds something else than digits, spaces, dots and hyphens");
    }
    end(n, &c);
    return RF_OK;
}

static enum rf_rc ip(struct rf_normaliser *n, const char **why)
{
    enum rf_rc rc;
    struct in_addr four;
    struct in6_addr six;
    char text[INET6_ADDRSTRLEN] = "";
    RF_TRY(trim(n, why));
    if (n->size == 0)
        goto done;
    bool is_four = inet_pton(AF_INET, n->text, &four) == 1;
    if (!is_four && inet_pton(AF_INET6, n->text, &six) != 1)
        return refuse(why, "is not an IP address");
    if (!is_four && IN6_IS_ADDR_V4MAPPED(&six)) {
        memcpy(&four, &six.s6_addr[12], sizeof four);
        is_four = true;
    }
    if (!inet_ntop(is_four ? AF_INET : AF_INET6, is_four ? (void *)&four : (void *)&six, text,
                   sizeof text))
        return RF_E_INTERNAL;
    RF_TRY(store(n, text, strlen(text)));
done:
    return rc;
}

/* --- the interface --- */

typedef enum rf_rc stage(struct rf_normaliser *, const char **why);

static enum rf_rc run(struct rf_normaliser *n, stage *normalise, const char *text, size_t size,
                      const char **why)
{
    enum rf_rc rc;
    if (!rf_utf8_valid(text, size))
        return refuse(why, "is not valid UTF-8");
    RF_TRY(store(n, text, size));
    RF_TRY(normalise(n, why));
    if (n->size == 0)
        return refuse(why, "is empty, or nothing is left of it when it is normalised");
done:
    return rc;
}

enum rf_rc rf_normalise(struct rf_normaliser *normaliser, enum rf_token_type type, const char *text,
                        size_t size, const char **why)
{
    static stage *const stages[RF_TYPE_COUNT] = {
        [RF_TYPE_NATIONAL_ID] = national_id,
        [RF_TYPE_PHONE] = phone,
        [RF_TYPE_EMAIL] = email,
        [RF_TYPE_ADDRESS] = address,
        [RF_TYPE_DEVICE] = device,
        [RF_TYPE_CARD] = card,
        [RF_TYPE_IP] = ip,
    };
    if ((unsigned)type >= RF_TYPE_COUNT || !stages[type])
        return refuse(why, "is of no identifier's type");
    return run(normaliser, stages[type], text, size, why);
}

static enum rf_rc account_number(struct rf_normaliser *n, const char **why)
{
    return squeeze(n, is_space, why);
}

static enum rf_rc bank_id(struct rf_normaliser *n, const char **why)
{
    if (n->size && memchr(n->text, '/', n->size))
        return refuse(why, "is no bank id: it holds a slash");
    return squeeze(n, is_space, why);
}

enum rf_rc rf_normalise_bank(struct rf_normaliser *normaliser, const char *text, size_t size,
                             const char **why)
{
    return run(normaliser, bank_id, text, size, why);
}

/* Makes room for @more bytes in front of the text and puts them there. */
static enum rf_rc prepend(struct rf_normaliser *n, const char *front, size_t size)
{
    size_t total = size + n->size;
    if (n->room < total + 1) {
        char *text = realloc(n->text, (total + 1) * 2);
        if (!text)
            return RF_E_MEMORY;
        n->text = text;
        n->room = (total + 1) * 2;
    }
    memmove(n->text + size, n->text, n->size + 1);
    memcpy(n->text, front, size);
    n->size = total;
    return RF_OK;
}

enum rf_rc rf_normalise_account(struct rf_normaliser *normaliser, const char *bank,
                                const char *text, size_t size, const char **why)
{
    enum rf_rc rc;
    RF_TRY(run(normaliser, account_number, text, size, why));
    RF_TRY(prepend(normaliser, "/", 1));
    RF_TRY(prepend(normaliser, bank, strlen(bank)));
done:
    return rc;
}
