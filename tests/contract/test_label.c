/* Connected components on hidden edges, against union-find; and how many iterations graphs need. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "protocols/analytics/label.h"
#include "tests/support/parties.h"

#define OK(call) cr_assert_eq((call), RF_OK)

enum { MOST = 700, BITS = 10 };

struct graph {
    size_t nodes, edges;
    uint64_t lo[2 * MOST], hi[2 * MOST];
    unsigned iterations;
    bool may_fail;
    enum rf_rc rc;
};

enum shape { PATH, TREE, CATERPILLAR, RANDOM, STAR, NONE, SHAPES };
enum order { GIVEN, REVERSED, SHUFFLED, ALTERNATING, BIT_REVERSED, ORDERS };

static void add(struct graph *graph, const uint64_t *number, uint64_t a, uint64_t b)
{
    uint64_t x = number[a], y = number[b];
    graph->lo[graph->edges] = x < y ? x : y;
    graph->hi[graph->edges++] = x < y ? y : x;
}

static uint64_t reversed_bits(uint64_t value, unsigned bits)
{
    uint64_t out = 0;
    for (unsigned i = 0; i < bits; i++)
        out |= (value >> i & 1) << (bits - 1 - i);
    return out;
}

static void number_nodes(uint64_t *number, size_t nodes, enum order order, uint64_t *state)
{
    unsigned bits = nodes > 1 ? rf_bit_length(nodes - 1) : 1;
    size_t used = 0;
    for (size_t i = 0; i < nodes; i++)
        number[i] = order == REVERSED ? nodes - 1 - i : i;
    for (size_t i = 0; order == ALTERNATING && i < nodes; i++)
        number[i] = i % 2 ? (nodes + 1) / 2 + i / 2 : i / 2;
    for (uint64_t r = 0; order == BIT_REVERSED && r < (uint64_t)1 << bits; r++) {
        if (reversed_bits(r, bits) < nodes)
            number[reversed_bits(r, bits)] = used++;
    }
    for (size_t i = nodes; order == SHUFFLED && i > 1; i--) {
        size_t j = rf_test_random(state) % i;
        uint64_t swap = number[i - 1];
        number[i - 1] = number[j];
        number[j] = swap;
    }
}

static void make_graph(struct graph *graph, size_t nodes, enum shape shape, enum order order,
                       uint64_t seed)
{
    uint64_t number[MOST], state = seed;
    *graph = (struct graph){.nodes = nodes};
    number_nodes(number, nodes, order, &state);
    for (size_t i = 1; i < nodes; i++) {
        if (shape == PATH || (shape == CATERPILLAR && i < nodes / 2))
            add(graph, number, i - 1, i);
        else if (shape == TREE)
            add(graph, number, rf_test_random(&state) % i, i);
        else if (shape == CATERPILLAR)
            add(graph, number, rf_test_random(&state) % (nodes / 2 ? nodes / 2 : 1), i);
        else if (shape == RANDOM)
            add(graph, number, rf_test_random(&state) % nodes, rf_test_random(&state) % nodes);
        else if (shape == STAR)
            add(graph, number, nodes / 2, i);
        if (i % 5 == 0 && shape != NONE) /* an edge twice, and one from a node to itself */
            add(graph, number, i, i);
    }
}

static uint64_t root_of(const uint64_t *parent, uint64_t node)
{
    while (parent[node] != node)
        node = parent[node];
    return node;
}

static void expect_labels(const struct graph *graph, const uint64_t *label)
{
    uint64_t parent[MOST];
    for (size_t i = 0; i < graph->nodes; i++)
        parent[i] = i;
    for (size_t i = 0; i < graph->edges; i++) {
        uint64_t a = root_of(parent, graph->lo[i]), b = root_of(parent, graph->hi[i]);
        parent[a < b ? b : a] = a < b ? a : b;
    }
    for (size_t i = 0; i < graph->nodes; i++)
        cr_assert_eq(label[i], root_of(parent, i), "node %zu of %zu", i, graph->nodes);
}

static void labels(struct rf_backend *backend, void *context)
{
    struct graph *graph = context;
    struct rf_bits lo = {0}, hi = {0}, node = {0};
    uint64_t label[MOST];
    OK(rf_backend_bits(backend, &lo, graph->edges, BITS));
    OK(rf_backend_bits(backend, &hi, graph->edges, BITS));
    OK(rf_backend_bits(backend, &node, graph->nodes, BITS));
    rf_test_share(backend, lo.all, graph->lo);
    rf_test_share(backend, hi.all, graph->hi);
    rf_local_index(node.all, 0, backend->constant);
    enum rf_rc rc = rf_label(backend, node.all, lo.all, hi.all, node.all, graph->iterations);
    graph->rc = rc;
    if (rc == RF_OK) {
        rf_test_open(backend, label, node.all);
        expect_labels(graph, label);
    } else {
        cr_assert(graph->may_fail, "%s", backend->err->text);
        rf_err_clear(backend->err);
    }
    rf_bits_fini(&lo);
    rf_bits_fini(&hi);
    rf_bits_fini(&node);
}

/* docs/method.md claims that ceil(log2 of the nodes) iterations are enough for each of these. */
Test(label, every_shape_and_order_within_log2_iterations)
{
    static const size_t sizes[] = {1, 2, 3, 5, 17, 41, 64, 129, 400};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (unsigned shape = 0; shape < SHAPES; shape++) {
            for (unsigned order = 0; order < ORDERS; order++) {
                static struct graph graph;
                make_graph(&graph, sizes[s], (enum shape)shape, (enum order)order, s + order);
                unsigned enough = sizes[s] > 1 ? rf_bit_length(sizes[s] - 1) : 1;
                graph.iterations = enough;
                rf_test_clear(labels, &graph, s);
            }
        }
    }
}

Test(label, the_default_is_enough)
{
    static struct graph graph;
    make_graph(&graph, 600, PATH, SHUFFLED, 9);
    rf_test_clear(labels, &graph, 1);
    cr_assert_eq(graph.rc, RF_OK);
}

Test(label, too_few_iterations_are_noticed)
{
    static struct graph graph;
    make_graph(&graph, 400, PATH, GIVEN, 9);
    graph.iterations = 5;
    graph.may_fail = true;
    rf_test_clear(labels, &graph, 1);
    cr_assert_eq(graph.rc, RF_E_ABORT);
}

Test(label, on_rep3)
{
    static struct graph graph;
    make_graph(&graph, 60, CATERPILLAR, SHUFFLED, 4);
    rf_test_rep3(labels, &graph, 1);
    cr_assert_eq(graph.rc, RF_OK);
}
