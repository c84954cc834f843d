#pragma once

#ifdef RETAIL_PULSE_MUTANTS

#include <array>
#include <string_view>

namespace retail_pulse {

/// A bug that was planted at the one place that asks for its number, so that `scripts/mutants` tells whether the simulation finds it.
struct mutant_info {
  int number;
  std::string_view wrong;
};

inline constexpr std::array mutant_table{
    mutant_info{0, "nothing"},
    // ledger
    mutant_info{1, "commands are answered before their commit"},
    mutant_info{2, "a command that fails alone is not told so"},
    mutant_info{3, "a refused record is answered as if it were stored"},
    mutant_info{4, "a failed transaction is not rolled back"},
    mutant_info{5, "what waits behind a commit waits for the next command"},
    mutant_info{6, "the second slice of a submission is lost"},
    mutant_info{7, "a large job is visible with its first slice"},
    mutant_info{8, "a large submission that fails between slices is answered as stored"},
    // supervisor
    mutant_info{9, "a job that could not be stored stays admitted"},
    mutant_info{10, "recovery leaves out the last job of a page"},
    mutant_info{11, "one job more than the bound is admitted"},
    mutant_info{12, "an ended job keeps its pending images counted"},
    mutant_info{13, "a job whose actor died is failed instead of started again"},
    mutant_info{14, "a job whose actor died does not leave the pool"},
    mutant_info{15, "a broken job that could not be closed is not tried again"},
    mutant_info{16, "a drain forgets the jobs that are being stored"},
    mutant_info{17, "a job that was stored during the end of a drain is started"},
    mutant_info{18, "a drain whose time is over does not stop the jobs"},
    mutant_info{19, "unfinished submissions are never deleted"},
    mutant_info{20, "recovery is not tried again after a failed read"},
    // job
    mutant_info{21, "a page that could not be read is not read again"},
    mutant_info{22, "the cursor does not move, so that every page is the first"},
    mutant_info{23, "the last results of a job wait for a timer, which names another batch"},
    mutant_info{24, "results that could not be stored are not tried again"},
    mutant_info{25, "a measured image is added twice"},
    mutant_info{26, "another attempt has the number of the one before"},
    mutant_info{27, "the third attempt is lost"},
    mutant_info{28, "a verdict is asked for while pages are unread"},
    mutant_info{29, "no verdict is asked for where nothing is left to read"},
    mutant_info{30, "a verdict that could not be stored is not asked for again"},
    mutant_info{31, "a job that stops throws away what was reported"},
    mutant_info{32, "a job that stops does not wait for results on their way to the ledger"},
    mutant_info{33, "of a page only the first image is offered"},
    mutant_info{34, "all stores of a page share the verdict of the first"},
    mutant_info{35, "one credit of every batch is kept"},
    // image
    mutant_info{36, "an attempt is repeated although that cannot help"},
    mutant_info{37, "one attempt too many is made"},
    mutant_info{38, "the delay is skipped"},
    mutant_info{39, "an image that rests keeps its place"},
    mutant_info{40, "an attempt too few is told"},
    // pool
    mutant_info{41, "an image actor that dies takes its slot with it"},
    mutant_info{42, "an image actor that dies takes its place with it"},
    mutant_info{43, "the death of an image actor is not told to the job"},
    mutant_info{44, "a drain does not wait for what is in flight"},
    mutant_info{45, "orders go to an image actor that is dead"},
    // turns
    mutant_info{46, "one place too many is taken"},
    mutant_info{47, "one slot too many is taken"},
    mutant_info{48, "one fetch too many at once per origin and address"},
    mutant_info{49, "addresses have no limit"},
    mutant_info{50, "the end of a fetch wakes nobody who waits for the origin"},
    mutant_info{51, "the end of a fetch wakes nobody who waits for the address"},
    mutant_info{52, "a wake-up that is not used is not handed on"},
    mutant_info{53, "a resolved origin wakes only the first who waits"},
    mutant_info{54, "the job that was served last is served next"},
    mutant_info{55, "a job that leaves keeps its credits"},
    mutant_info{56, "credits of a turn that no image took are lost"},
    mutant_info{57, "settled images stay held, so that their credits come back twice"},
    mutant_info{58, "a job may hold all slots while others have work"},
    mutant_info{59, "a turn takes all credits that are left"},
    mutant_info{60, "a lane that runs empty lets nobody move up"},
    // recording
    mutant_info{61, "a failure overwrites a result"},
    mutant_info{62, "a measurement overwrites a result"},
    mutant_info{63, "counters move by the size of the batch"},
    mutant_info{64, "the first failure of a store is not kept"},
    mutant_info{65, "a job with one failure is completed"},
    mutant_info{66, "the last results bring no verdict"},
    // cancelling
    mutant_info{67, "a cancel is answered before its commit"},
    mutant_info{68, "recovery forgets that a job was cancelled"},
    mutant_info{69, "images that were withdrawn from the pool stay held"},
    mutant_info{70, "an image that rests is offered again after the cancel"},
    mutant_info{71, "a cancelled job that could not be closed is not tried again"},
    mutant_info{72, "a job actor that is started again does not know of the cancel"},
    // redriving
    mutant_info{73, "a redrive takes the good images too"},
    mutant_info{74, "a late result of an older run counts"},
    // keys of submissions
    mutant_info{75, "a key is not kept"},
    mutant_info{76, "another submission under a known key is answered as the first"},
    mutant_info{77, "a key is kept before its job is stored"},
    mutant_info{78, "a key whose submission could not be stored stays busy"},
    mutant_info{79, "a job that nobody works on is answered for its key, and left alone"},
    // all three again
    mutant_info{80, "failures of stores outlive their run"},
    mutant_info{81, "a failure is written with the number of the run before"},
    mutant_info{82, "redriven images are not admitted"},
    mutant_info{83, "withdrawn images stay in their lanes"},
    mutant_info{84, "an image that is postponed loses an attempt"},
};

inline int chosen_mutant = 0;  ///< set once, before there is a second thread

inline bool mutant(int number) { return number == chosen_mutant; }

}  // namespace retail_pulse

#else

namespace retail_pulse {

/// Whether the planted bug of that number is on. In every build but that of the preset `mutants` there are none, and the compiler
/// leaves out what stands behind the question.
constexpr bool mutant(int) { return false; }

}  // namespace retail_pulse

#endif
