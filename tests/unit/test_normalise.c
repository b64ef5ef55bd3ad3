#include <criterion/criterion.h>
#include <utf8proc.h>

#include "party/data/normalise.h"

/* The tables of docs/normalisation.md, and the corners around them. */
struct example {
    enum rf_token_type type;
    const char *in;
    const char *out; /* NULL: an error that contains @why */
    const char *why;
};

static const struct example examples[] = {
    {RF_TYPE_NATIONAL_ID, "ab-12 34.56/c", "AB123456C", NULL},
    {RF_TYPE_NATIONAL_ID, "  AB123456C\t", "AB123456C", NULL},
    {RF_TYPE_NATIONAL_ID,
     "12\xe2\x80\x93"
     "34\xc2\xa0"
     "56",
     "123456", NULL},                                               /* en dash, nbsp */
    {RF_TYPE_NATIONAL_ID, "\xd9\xa1\xd9\xa2\xd9\xa3", "123", NULL}, /* Arabic-Indic digits */
    {RF_TYPE_NATIONAL_ID, "\xef\xbc\x91\xef\xbc\x92", "12", NULL},  /* full-width digits */
    {RF_TYPE_NATIONAL_ID, "n\xcc\x83-1",
     "\xc3\x91"
     "1",
     NULL}, /* n + tilde -> N with tilde */
    {RF_TYPE_NATIONAL_ID,
     "\xc3\xb1"
     "1",
     "\xc3\x91"
     "1",
     NULL},
    {RF_TYPE_NATIONAL_ID, "a-\xcc\x81", "\xc3\x81", NULL}, /* joined by what is stripped */
    {RF_TYPE_NATIONAL_ID,
     "12\xc2\xad"
     "34",
     "1234", NULL}, /* soft hyphen */
    {RF_TYPE_NATIONAL_ID, "a_b", "A_B", NULL},
    {RF_TYPE_NATIONAL_ID, "", NULL, "empty"},
    {RF_TYPE_NATIONAL_ID, " -./ ", NULL, "nothing is left"},
    {RF_TYPE_NATIONAL_ID, "12\x01", NULL, "control character"},

    {RF_TYPE_PHONE, "+44 20 7946 0018", "+442079460018", NULL},
    {RF_TYPE_PHONE, "0044 (20) 7946-0018", "+442079460018", NULL},
    {RF_TYPE_PHONE, "+44 (0)20 7946 0018", "+442079460018", NULL},
    {RF_TYPE_PHONE, "0044(0)20.7946.0018", "+442079460018", NULL},
    {RF_TYPE_PHONE, "\xef\xbc\x8b\xef\xbc\x94\xef\xbc\x94 20", "+4420", NULL}, /* full width */
    {RF_TYPE_PHONE, "020 7946 0018", "02079460018", NULL},
    {RF_TYPE_PHONE, "(020) 7946-0018", "02079460018", NULL},
    {RF_TYPE_PHONE, "(0)20 7946 0018",
     "0207946"
     "0018",
     NULL},
    {RF_TYPE_PHONE, "\xd9\xa0\xd9\xa1\xd9\xa9", "019", NULL},
    {RF_TYPE_PHONE, "\xe2\x80\xaa+1 555 0100\xe2\x80\xac", "+15550100", NULL}, /* direction marks */
    {RF_TYPE_PHONE, "555 0100\r\n", "5550100", NULL},
    {RF_TYPE_PHONE, "(+1) 555 0100", "+15550100", NULL},
    {RF_TYPE_PHONE, "", NULL, "no digits"},
    {RF_TYPE_PHONE, "+", NULL, "no digits"},
    {RF_TYPE_PHONE, "00", NULL, "no digits"},
    {RF_TYPE_PHONE, " - ", NULL, "no digits"},
    {RF_TYPE_PHONE, "unknown", NULL, "does not belong"},
    {RF_TYPE_PHONE, "555 0100 x12", NULL, "does not belong"},
    {RF_TYPE_PHONE, "+1 555 +2", NULL, "does not belong"},
    {RF_TYPE_PHONE, "++1", NULL, "does not belong"},
    {RF_TYPE_PHONE, "***0100", NULL, "does not belong"},
    {RF_TYPE_PHONE, "+0 44", NULL, "begins with 0"},
    {RF_TYPE_PHONE, "000 44", NULL, "begins with 0"},

    {RF_TYPE_EMAIL, " Jane.Doe+Bank@Example.COM ", "jane.doe+bank@example.com", NULL},
    {RF_TYPE_EMAIL, "jane@example.com", "jane@example.com", NULL},
    {RF_TYPE_EMAIL, "JOS\xc3\x89@example.com", "jos\xc3\xa9@example.com", NULL},
    {RF_TYPE_EMAIL, "jose\xcc\x81@example.com", "jos\xc3\xa9@example.com", NULL},
    {RF_TYPE_EMAIL,
     "stra\xc3\x9f"
     "e@example.com",
     "strasse@example.com", NULL},
    {RF_TYPE_EMAIL, "\xce\x9f\xce\x94\xce\x9f\xce\xa3@example.com",
     "\xce\xbf\xce\xb4\xce\xbf\xcf\x83@example.com", NULL}, /* sigma, also at the end */
    {RF_TYPE_EMAIL, "\xef\xbb\xbfjane@example.com\xc2\xa0", "jane@example.com", NULL},
    {RF_TYPE_EMAIL, "\"a@b\"@example.com", "\"a@b\"@example.com", NULL},
    {RF_TYPE_EMAIL, "", NULL, "empty"},
    {RF_TYPE_EMAIL, " \t ", NULL, "nothing is left"},
    {RF_TYPE_EMAIL, "none", NULL, "not an e-mail"},
    {RF_TYPE_EMAIL, "@example.com", NULL, "not an e-mail"},
    {RF_TYPE_EMAIL, "jane@", NULL, "not an e-mail"},
    {RF_TYPE_EMAIL, "a@example.com b@example.com", NULL, "holds a space"},
    {RF_TYPE_EMAIL, "a@example.com\nb@example.com", NULL, "holds a space"},
    {RF_TYPE_EMAIL, "a\x02@example.com", NULL, "control character"},

    {RF_TYPE_ADDRESS, "12, High  Street,\nTestville", "12 high street testville", NULL},
    {RF_TYPE_ADDRESS, " 12 HIGH STREET; (Testville) ", "12 high street testville", NULL},
    {RF_TYPE_ADDRESS, "O'Brien-Platz 3/4", "o brien platz 3 4", NULL},
    {RF_TYPE_ADDRESS, "HAUPTSTRASSE 1", "hauptstrasse 1", NULL},
    {RF_TYPE_ADDRESS,
     "Hauptstra\xc3\x9f"
     "e\xe2\x80\x94"
     "1",
     "hauptstrasse 1", NULL},
    {RF_TYPE_ADDRESS, "Rue de l\xe2\x80\x99\xc3\x89glise", "rue de l \xc3\xa9glise", NULL},
    {RF_TYPE_ADDRESS,
     "\xe6\x9d\xb1\xe4\xba\xac\xe3\x80\x80"
     "1",
     "\xe6\x9d\xb1\xe4\xba\xac 1", NULL},
    {RF_TYPE_ADDRESS, "a=b+c$d", "a b c d", NULL},
    {RF_TYPE_ADDRESS,
     "a\x01"
     "b",
     "a b", NULL},
    {RF_TYPE_ADDRESS, "-,.", NULL, "nothing is left"},

    {RF_TYPE_DEVICE, "  A1B2-c3D4 ", "a1b2-c3d4", NULL},
    {RF_TYPE_DEVICE, "Device 7", "device 7", NULL},
    {RF_TYPE_DEVICE, "\xc3\x84PFEL", "\xc3\xa4pfel", NULL},
    {RF_TYPE_DEVICE, " ", NULL, "nothing is left"},
    {RF_TYPE_DEVICE, "a\x07", NULL, "control character"},

    {RF_TYPE_CARD, "9999 0000-1111.2222", "9999000011112222", NULL},
    {RF_TYPE_CARD, "9999000011112222", "9999000011112222", NULL},
    {RF_TYPE_CARD, "\xef\xbc\x99\xef\xbc\x98", "98", NULL},
    {RF_TYPE_CARD, "************2222", NULL, "something else than digits"},
    {RF_TYPE_CARD, "9999x", NULL, "something else than digits"},
    {RF_TYPE_CARD, " - ", NULL, "nothing is left"},

    {RF_TYPE_IP, " 192.0.2.1 ", "192.0.2.1", NULL},
    {RF_TYPE_IP, "2001:DB8:0:0:0:0:0:1", "2001:db8::1", NULL},
    {RF_TYPE_IP, "2001:db8::0001", "2001:db8::1", NULL},
    {RF_TYPE_IP, "::ffff:192.0.2.1", "192.0.2.1", NULL},
    {RF_TYPE_IP, "::FFFF:c000:0201", "192.0.2.1", NULL},
    {RF_TYPE_IP, "192.0.2.256", NULL, "not an IP address"},
    {RF_TYPE_IP, "192.0.2", NULL, "not an IP address"},
    {RF_TYPE_IP, "192.0.2.01", NULL, "not an IP address"},
    {RF_TYPE_IP, "192.0.2.0/24", NULL, "not an IP address"},
    {RF_TYPE_IP, "fe80::1%eth0", NULL, "not an IP address"},
    {RF_TYPE_IP, "example.com", NULL, "not an IP address"},
    {RF_TYPE_IP, "", NULL, "empty"},

    {RF_TYPE_ACCOUNT, "1", NULL, "no identifier's type"},
    {RF_TYPE_EMAIL, "\xff@example.com", NULL, "UTF-8"},
};

Test(normalise, examples)
{
    struct rf_normaliser n = {0};
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const struct example *e = &examples[i];
        const char *why = NULL;
        enum rf_rc rc = rf_normalise(&n, e->type, e->in, strlen(e->in), &why);
        if (e->out) {
            cr_expect_eq(rc, RF_OK, "%s: %s", e->in, why);
            cr_expect_str_eq(n.text, e->out, "%s: %s", e->in, n.text);
            cr_expect_eq(n.size, strlen(n.text));
        } else {
            cr_expect_eq(rc, RF_E_FORMAT, "%s: %s", e->in, n.text);
            cr_expect(why && strstr(why, e->why), "%s: %s", e->in, why);
        }
    }
    rf_normaliser_fini(&n);
}

static void expect_account(const char *bank, const char *number, const char *out)
{
    struct rf_normaliser b = {0}, n = {0};
    const char *why = NULL;
    cr_assert_eq(rf_normalise_bank(&b, bank, strlen(bank), &why), RF_OK);
    cr_assert_eq(rf_normalise_account(&n, b.text, number, strlen(number), &why), RF_OK);
    cr_expect_str_eq(n.text, out, "%s", n.text);
    cr_expect_eq(n.size, strlen(out));
    rf_normaliser_fini(&b);
    rf_normaliser_fini(&n);
}

Test(normalise, accounts)
{
    expect_account("bank-a", "123", "BANK-A/123");
    expect_account(" Bank-A ", "de89 3704 0044", "BANK-A/DE8937040044");
    expect_account("bank-a", "1/2", "BANK-A/1/2");
    expect_account("bank-a", "12-3", "BANK-A/12-3");
    expect_account("b\xc3\xa4nk", "\xc3\xa4", "B\xc3\x84NK/\xc3\x84");

    struct rf_normaliser n = {0};
    const char *why = NULL;
    cr_assert_eq(rf_normalise_bank(&n, "a/b", 3, &why), RF_E_FORMAT);
    cr_assert(strstr(why, "slash"));
    cr_assert_eq(rf_normalise_bank(&n, "  ", 2, &why), RF_E_FORMAT);
    cr_assert_eq(rf_normalise_account(&n, "A", "", 0, &why), RF_E_FORMAT);
    cr_assert_eq(rf_normalise_account(&n, "A", "1\x03", 2, &why), RF_E_FORMAT);
    rf_normaliser_fini(&n);
}

/* --- every character there is --- */

/* Normalises; if that succeeds, again, and expects the same. */
static void expect_stable(enum rf_token_type type, const char *text, size_t size)
{
    struct rf_normaliser once = {0}, twice = {0};
    const char *why = NULL;
    if (rf_normalise(&once, type, text, size, &why) == RF_OK) {
        cr_assert_eq(rf_normalise(&twice, type, once.text, once.size, &why), RF_OK, "%s: %s, %s",
                     rf_token_type_name(type), text, why);
        cr_assert_str_eq(once.text, twice.text, "%s: %s: %s, %s", rf_token_type_name(type), text,
                         once.text, twice.text);
    }
    rf_normaliser_fini(&once);
    rf_normaliser_fini(&twice);
}

static size_t encode(utf8proc_int32_t code, char *out)
{
    return (size_t)utf8proc_encode_char(code, (utf8proc_uint8_t *)out);
}

Test(normalise, twice_is_once_for_every_character)
{
    for (utf8proc_int32_t code = 1; code < 0x110000; code++) {
        char text[32] = "";
        size_t size = encode(code, text);
        if (code >= 0xd800 && code < 0xe000)
            continue;
        memcpy(text + size, "a@1", 4);
        for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
            expect_stable(type, text, size + 3);
    }
}

/* Letters and marks in random order: what composes, reorders and folds in awkward ways. */
Test(normalise, twice_is_once_for_random_letters_and_marks)
{
    static const utf8proc_int32_t codes[] = {
        'a',    'A',    'i',    'I',    0x130, 0x131,  0x345,   0x301,  0x300,  0x323,  0x307,
        0x3b1,  0x1fb3, 0xdf,   0x1e9e, 0x149, 0x1f0,  0x390,   0x1fb4, 0xac00, 0x1161, 0x1100,
        0x11a8, 0x34f,  0xad,   0x200d, '-',   ' ',    '.',     '/',    0x338,  '=',    0x3c2,
        0x1c5,  0x212b, 0xfb01, '@',    '1',   0x1f88, 0x10400, 0xab70, 0x13a0, 0x1e921};
    uint64_t state = 1;
    for (unsigned round = 0; round < 200000; round++) {
        char text[64] = "";
        size_t size = 0;
        for (unsigned i = 0; i < 6; i++) {
            state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            size += encode(codes[(state >> 33) % (sizeof codes / sizeof *codes)], text + size);
        }
        for (unsigned type = 0; type < RF_TYPE_ACCOUNT; type++)
            expect_stable(type, text, size);
    }
}

/* Canonically equivalent texts have one normal form. */
Test(normalise, equivalent_texts_agree)
{
    const enum rf_token_type types[] = {RF_TYPE_NATIONAL_ID, RF_TYPE_EMAIL, RF_TYPE_ADDRESS,
                                        RF_TYPE_DEVICE};
    struct rf_normaliser a = {0}, b = {0};
    const char *why;
    for (utf8proc_int32_t code = 128; code < 0x30000; code++) {
        char text[16] = "";
        if (code >= 0xd800 && code < 0xe000)
            continue;
        size_t size = encode(code, text);
        memcpy(text + size, "a@1", 4);
        char *apart = (char *)utf8proc_NFD((const utf8proc_uint8_t *)text);
        for (unsigned t = 0; t < 4; t++) {
            enum rf_rc rc = rf_normalise(&a, types[t], text, strlen(text), &why);
            cr_assert_eq(rf_normalise(&b, types[t], apart, strlen(apart), &why), rc, "U+%04x",
                         (unsigned)code);
            if (rc == RF_OK)
                cr_assert_str_eq(a.text, b.text, "U+%04x", (unsigned)code);
        }
        free(apart);
    }
    rf_normaliser_fini(&a);
    rf_normaliser_fini(&b);
}

/* Every script's digits run from zero to nine; the values are found by their place in the run. */
Test(normalise, digits_of_every_script)
{
    unsigned count[10] = {0};
    struct rf_normaliser n = {0};
    const char *why;
    for (utf8proc_int32_t code = 1; code < 0x110000; code++) {
        char text[8] = "";
        if (utf8proc_category(code) != UTF8PROC_CATEGORY_ND)
            continue;
        size_t size = encode(code, text);
        cr_assert_eq(rf_normalise(&n, RF_TYPE_CARD, text, size, &why), RF_OK);
        cr_assert(n.size == 1 && n.text[0] >= '0' && n.text[0] <= '9');
        count[n.text[0] - '0']++;
    }
    cr_assert_geq(count[0], 60);
    for (unsigned i = 1; i < 10; i++)
        cr_assert_eq(count[i], count[0]);
    rf_normaliser_fini(&n);
}
