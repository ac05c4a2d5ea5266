#define _GNU_SOURCE
#include "slipway_division.h"

#if defined(__linux__) && defined(__x86_64__)

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

// Bounds of the program's own code, set by the linker.
extern const char __executable_start;
extern const char etext;

static struct sigaction previous;

// A `div` or `idiv`: how many bytes it has, and bits its operands.
typedef struct {
    int length;
    int bits;
} division;

// Bytes of the operand that follows the byte ModRM.
// Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, 2.1.3 and 2.1.5.
static int operand_length(const uint8_t *modrm) {
    int mode = *modrm >> 6, place = *modrm & 7;
    if (mode == 3) return 1;
    int length = 1;
    bool is_far = mode == 0 && place == 5;
    if (place == 4) {
        length += 1;
        is_far = mode == 0 && (modrm[1] & 7) == 5;
    }
    if (mode == 1) return length + 1;
    return mode == 2 || is_far ? length + 4 : length;
}

static bool is_prefix(uint8_t byte) {
    static const uint8_t prefixes[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf2, 0xf3};
    return memchr(prefixes, byte, sizeof prefixes) != NULL;
}

// Reads the instruction at `code`. Source: as above, DIV and IDIV: opcodes F6 and F7, /6 and /7.
static bool read_division(const uint8_t *code, division *found) {
    const uint8_t *at = code;
    found->bits = 32;
    for (; is_prefix(*at); at++) {
        if (at - code >= 14) return false;
        if (*at == 0x66) found->bits = 16;
    }
    if ((*at & 0xf0) == 0x40) {
        if (*at & 8) found->bits = 64;
        at++;
    }
    if (*at != 0xf6 && *at != 0xf7) return false;
    if (*at == 0xf6) found->bits = 8;
    at++;
    if (((*at >> 3) & 7) < 6) return false;
    found->length = (int)(at - code) + operand_length(at);
    return true;
}

// Puts the result where the instruction would have.
static void conclude(greg_t *registers, int bits) {
    uint64_t low = (uint64_t)registers[REG_RAX], high = (uint64_t)registers[REG_RDX];
    switch (bits) {
    case 8: registers[REG_RAX] = (greg_t)((low & ~UINT64_C(0xffff)) | ((low & 0xffff) == 0xff80 ? 0x80 : 0)); return;
    case 16:
        if ((low & 0xffff) != 0x8000 || (high & 0xffff) != 0xffff) low &= ~UINT64_C(0xffff);
        registers[REG_RAX] = (greg_t)low;
        registers[REG_RDX] = (greg_t)(high & ~UINT64_C(0xffff));
        return;
    case 32:
        // A write to the lower half of a register clears the upper one.
        registers[REG_RAX] = (uint32_t)low == 0x80000000u && (uint32_t)high == UINT32_MAX ? 0x80000000 : 0;
        break;
    default: registers[REG_RAX] = low == UINT64_C(1) << 63 && high == UINT64_MAX ? (greg_t)low : 0;
    }
    registers[REG_RDX] = 0;
}

static void survive(int signal, siginfo_t *info, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const char *code = (const char *)registers[REG_RIP];
    bool is_own = code >= &__executable_start && code < &etext;
    division found;
    if (info->si_code == FPE_INTDIV && !is_own && read_division((const uint8_t *)code, &found)) {
        conclude(registers, found.bits);
        registers[REG_RIP] += found.length;
        return;
    }
    // Not ours: the fault is raised again, and ends as it would have.
    sigaction(signal, &previous, NULL);
    if (info->si_code <= 0) raise(signal);
}

void slipway_survive_divisions(void) {
    struct sigaction current;
    if (sigaction(SIGFPE, NULL, &current) != 0 || current.sa_sigaction == survive) return;
    previous = current;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = survive;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigaction(SIGFPE, &action, NULL);
}

#else

void slipway_survive_divisions(void) {}

#endif
