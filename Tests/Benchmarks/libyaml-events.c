/* What libyaml alone costs: reads a file into memory, parses its events, keeps nothing.
 *
 * Usage: libyaml-events FILE [ROUNDS]
 * With ROUNDS it prints the least and the median milliseconds of a round inside the process. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <yaml.h>

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    int rounds = argc > 2 ? atoi(argv[2]) : 1;
    if (!file || rounds < 1) return 64;
    fseek(file, 0, SEEK_END);
    size_t size = ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(size);
    if (!bytes || fread(bytes, 1, size, file) != size) return 1;

    double *times = malloc(rounds * sizeof *times);
    for (int round = 0; round < rounds; round++) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        yaml_parser_t parser;
        yaml_event_t event;
        yaml_parser_initialize(&parser);
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, bytes, size);
        for (int done = 0; !done;) {
            if (!yaml_parser_parse(&parser, &event)) return 1;
            done = event.type == YAML_STREAM_END_EVENT;
            yaml_event_delete(&event);
        }
        yaml_parser_delete(&parser);
        clock_gettime(CLOCK_MONOTONIC, &end);
        times[round] = (end.tv_sec - start.tv_sec) * 1e3 + (end.tv_nsec - start.tv_nsec) / 1e6;
    }
    qsort(times, rounds, sizeof *times, compare);
    if (argc > 2) printf("%f %f\n", times[0], times[rounds / 2]);
    return 0;
}
