#include "api/handles.h"

using namespace ls;
using namespace ls::api;

extern "C" {

ls_status ls_decoder_open(ls_model* model, int64_t sequences, int64_t capacity, ls_decoder** decoder) {
  return guarded([&] {
    not_null("ls_decoder_open", "model", model);
    not_null("ls_decoder_open", "decoder", decoder);
    *decoder = nullptr;
    enter(*model->model);
    *decoder = new ls_decoder{model->model, model->model->open_decoder(sequences, capacity)};
  });
}

void ls_decoder_close(ls_decoder* decoder) { close(decoder); }

int64_t ls_decoder_length(const ls_decoder* decoder, int64_t sequence) { return decoder ? decoder->decoder->length(sequence) : -1; }

ls_status ls_decoder_prefill(ls_decoder* decoder, int64_t sequence, const int32_t* ids, int64_t count, const ls_pass* pass, int32_t* next) {
  return guarded([&] {
    not_null("ls_decoder_prefill", "decoder", decoder);
    enter(*decoder->model);
    decoder->decoder->prefill(sequence, ids, count, pass ? *pass : ls_pass{}, next);
  });
}

ls_status ls_decoder_truncate(ls_decoder* decoder, int64_t sequence, int64_t length) {
  return guarded([&] {
    not_null("ls_decoder_truncate", "decoder", decoder);
    decoder->decoder->truncate(sequence, length);
  });
}

ls_status ls_decoder_step(ls_decoder* decoder, int64_t count, const int64_t* sequence, const int32_t* ids, const ls_pass* pass, int32_t* next) {
  return guarded([&] {
    not_null("ls_decoder_step", "decoder", decoder);
    enter(*decoder->model);
    decoder->decoder->step(count, sequence, ids, pass ? *pass : ls_pass{}, next);
  });
}

}  // extern "C"
