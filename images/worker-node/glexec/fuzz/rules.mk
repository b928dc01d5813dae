# How a folder of libFuzzer targets is made and run. Its Makefile says BUILD, CORPUS, FOUND, SECONDS, SEED, TARGETS, LONGEST,
# LONGEST_TARGET, and for each target the parts that it is about: sources of the folder above, `+part` one of its own. Where
# they need more: ALSO, other folders of sources, INCLUDED, and LIBRARIES.
CC       = clang

CHECKED = -fsanitize=address,undefined,local-bounds,implicit-integer-truncation -fno-sanitize-recover=all
COMPILE = $(CC) -O1 -g -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror -fno-omit-frame-pointer $(CHECKED) \
          -fsanitize=fuzzer-no-link -I.. $(ALSO:%=-I%) $(INCLUDED)
HEADERS = $(wildcard *.h ../*.h $(ALSO:%=%/*.h)) $(MAKEFILE_LIST)

all: $(TARGETS:%=$(BUILD)/%)

# Every target for SECONDS; what is found is kept in FOUND/TARGET: inputs that reach something new, and those that fail.
fuzz: $(TARGETS:%=fuzz-%)

OPTIONS = -seed=$(SEED) -timeout=10 -rss_limit_mb=2048 -max_len=$(or $(LONGEST_$*),$(LONGEST)) \
          $(if $(wildcard dictionary/$*),-dict=dictionary/$*)

$(TARGETS:%=fuzz-%): fuzz-%: $(BUILD)/%
	@mkdir -p $(FOUND)/$*/inputs
	@$(BUILD)/$* -runs=1 $(wildcard $(CORPUS)/$*/*) >$(FOUND)/$*/log 2>&1 && \
	 $(BUILD)/$* $(OPTIONS) -max_total_time=$(SECONDS) -print_final_stats=1 -artifact_prefix=$(FOUND)/$*/ \
	     $(FOUND)/$*/inputs $(CORPUS)/$* >>$(FOUND)/$*/log 2>&1 || { tail -n 60 $(FOUND)/$*/log; exit 1; }
	@sed -n 's/^stat::number_of_executed_units: */$*	/p' $(FOUND)/$*/log | expand -t 16

.SECONDEXPANSION:
$(TARGETS:%=$(BUILD)/%): $(BUILD)/%: $(BUILD)/objects/fuzz-%.o $(BUILD)/objects/fuzz-fuzz.o \
    $$(addsuffix .o,$$(addprefix $(BUILD)/objects/,$$(subst +,fuzz-,$$($$*))))
	$(CC) $(CHECKED) -fsanitize=fuzzer -o $@ $^ $(LIBRARIES)

# $(1): what the object's name begins with, $(2): the folder of its source.
define compiled
$$(BUILD)/objects/$(1)%.o: $(2)/%.c $$(HEADERS)
	@mkdir -p $$(@D)
	$$(COMPILE) -c -o $$@ $$<
endef
$(foreach folder,. $(ALSO),$(eval $(call compiled,fuzz-,$(folder))))
$(foreach folder,.. $(ALSO),$(eval $(call compiled,,$(folder))))

.SECONDARY:
.PHONY: all fuzz $(TARGETS:%=fuzz-%)
