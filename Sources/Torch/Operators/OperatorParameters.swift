/// The arguments of the operators that are rebuilt, in the order in which TorchScript gives them, each with the kind of
/// value that it takes: T a tensor, L tensors, i whole numbers, f a number, F numbers, b a truth value, s text, o others;
/// those with an asterisk are given by name. A line that is set in goes on with the one before. Source: the schemas of
/// PyTorch 2.15, by `Examples/pytorch/schemas.py`.
enum OperatorParameters {
    static let text = """
        __and__ self:T other:f
        __and__ self:T other:T
        __or__ self:T other:T
        __or__ self:T other:f
        _adaptive_avg_pool2d self:T output_size:i
        _adaptive_avg_pool3d self:T output_size:i
        _conj self:T
        _convolution input:T weight:T bias:T stride:i padding:i dilation:i transposed:b output_padding:i
          groups:i benchmark:b deterministic:b cudnn_enabled:b
        _convolution input:T weight:T bias:T stride:i padding:i dilation:i transposed:b output_padding:i
          groups:i benchmark:b deterministic:b cudnn_enabled:b allow_tf32:b
        _fused_rms_norm input:T normalized_shape:i weight:T eps:f
        _log_softmax self:T dim:i half_to_float:b
        _native_batch_norm_legit_no_training input:T weight:T bias:T running_mean:T running_var:T momentum:f
          eps:f
        _prelu_kernel self:T weight:T
        _safe_softmax self:T dim:i dtype:i
        _scaled_dot_product_attention_math query:T key:T value:T attn_mask:T dropout_p:f is_causal:b
          dropout_mask:T *scale:f *enable_gqa:b
        _scaled_dot_product_efficient_attention query:T key:T value:T attn_bias:T compute_log_sumexp:b
          dropout_p:f is_causal:b *scale:f
        _scaled_dot_product_flash_attention_for_cpu query:T key:T value:T dropout_p:f is_causal:b
          *attn_mask:T *scale:f
        _softmax self:T dim:i half_to_float:b
        _to_copy self:T *dtype:i *layout:i *device:o *pin_memory:b *non_blocking:b *memory_format:i
        _unsafe_view self:T size:i
        abs self:T
        acos self:T
        acos a:i
        acos a:f
        acos a:o
        acosh self:T
        acosh a:i
        acosh a:f
        acosh a:o
        adaptive_avg_pool1d self:T output_size:i
        adaptive_avg_pool2d self:T output_size:i
        adaptive_avg_pool3d self:T output_size:i
        adaptive_max_pool1d self:T output_size:i
        adaptive_max_pool2d self:T output_size:i
        adaptive_max_pool3d self:T output_size:i
        add self:T other:T *alpha:f
        add self:T other:f alpha:f
        add a:s b:s
        addcdiv self:T tensor1:T tensor2:T *value:f
        addcmul self:T tensor1:T tensor2:T *value:f
        addmm self:T mat1:T mat2:T *beta:f *alpha:f
        addmm self:T mat1:T mat2:T out_dtype:i *beta:f *alpha:f
        alias self:T
        all self:T
        all self:T dim:i keepdim:b
        all self:i
        all self:f
        all self:b
        alpha_dropout input:T p:f train:b
        amax self:T dim:i keepdim:b
        amin self:T dim:i keepdim:b
        any self:T
        any self:T dim:i keepdim:b
        any self:s
        any self:i
        any self:f
        any self:b
        arange end:f *dtype:i *layout:i *device:o *pin_memory:b
        arange start:f end:f *dtype:i *layout:i *device:o *pin_memory:b
        arange start:f end:f step:f *dtype:i *layout:i *device:o *pin_memory:b
        argmax self:T dim:i keepdim:b
        argmin self:T dim:i keepdim:b
        asin self:T
        asin a:i
        asin a:f
        asin a:o
        asinh self:T
        asinh a:i
        asinh a:f
        asinh a:o
        atan self:T
        atan a:i
        atan a:f
        atan a:o
        atanh self:T
        atanh a:i
        atanh a:f
        atanh a:o
        avg_pool1d self:T kernel_size:i stride:i padding:i ceil_mode:b count_include_pad:b
        avg_pool2d self:T kernel_size:i stride:i padding:i ceil_mode:b count_include_pad:b
          divisor_override:i
        avg_pool3d self:T kernel_size:i stride:i padding:i ceil_mode:b count_include_pad:b
          divisor_override:i
        baddbmm self:T batch1:T batch2:T *beta:f *alpha:f
        baddbmm self:T batch1:T batch2:T out_dtype:i *beta:f *alpha:f
        batch_norm input:T weight:T bias:T running_mean:T running_var:T training:b momentum:f eps:f
          cudnn_enabled:b
        bitwise_and self:T other:T
        bitwise_and self:T other:f
        bitwise_and self:f other:T
        bitwise_not self:T
        bitwise_or self:T other:T
        bitwise_or self:T other:f
        bitwise_or self:f other:T
        bitwise_xor self:T other:T
        bitwise_xor self:T other:f
        bitwise_xor self:f other:T
        bmm self:T mat2:T
        bmm self:T mat2:T out_dtype:i
        broadcast_to self:T size:i
        cat tensors:L dim:i
        ceil self:T
        ceil a:i
        ceil a:f
        celu self:T alpha:f
        chunk self:T chunks:i dim:i
        clamp self:T min:f max:f
        clamp self:T min:T max:T
        clamp_max self:T max:f
        clamp_max self:T max:T
        clamp_min self:T min:f
        clamp_min self:T min:T
        clip self:T min:f max:f
        clip self:T min:T max:T
        clone self:T *memory_format:i
        concat tensors:L dim:i
        concatenate tensors:L dim:i
        constant_pad_nd self:T pad:i value:f
        contiguous self:T *memory_format:i
        conv1d input:T weight:T bias:T stride:i padding:i dilation:i groups:i
        conv1d input:T weight:T bias:T stride:i padding:s dilation:i groups:i
        conv2d input:T weight:T bias:T stride:i padding:i dilation:i groups:i
        conv2d input:T weight:T bias:T stride:i padding:s dilation:i groups:i
        conv3d input:T weight:T bias:T stride:i padding:i dilation:i groups:i
        conv3d input:T weight:T bias:T stride:i padding:s dilation:i groups:i
        conv_transpose1d input:T weight:T bias:T stride:i padding:i output_padding:i groups:i dilation:i
        conv_transpose2d input:T weight:T bias:T stride:i padding:i output_padding:i groups:i dilation:i
        conv_transpose3d input:T weight:T bias:T stride:i padding:i output_padding:i groups:i dilation:i
        convolution input:T weight:T bias:T stride:i padding:i dilation:i transposed:b output_padding:i
          groups:i
        copy self:T src:T non_blocking:b
        copy self:o
        copy self:s
        copy self:b
        copy self:T
        cos self:T
        cos a:i
        cos a:f
        cos a:o
        cosh self:T
        cosh a:i
        cosh a:f
        cosh a:o
        cumsum self:T dim:i *dtype:i
        detach self:T
        div self:T other:T
        div self:T other:f
        div self:T other:T *rounding_mode:s
        div self:T other:f *rounding_mode:s
        divide self:T other:T
        divide self:T other:f
        divide self:T other:T *rounding_mode:s
        divide self:T other:f *rounding_mode:s
        dot self:T tensor:T
        dropout input:T p:f train:b
        einsum equation:s tensors:L *path:i
        einsum a:T
        elu self:T alpha:f scale:f input_scale:f
        embedding weight:T indices:T padding_idx:i scale_grad_by_freq:b sparse:b
        eq self:T other:T
        eq self:T other:f
        eq a:s b:s
        eq a:L b:L
        erf self:T
        erf a:i
        erf a:f
        exp self:T
        exp a:i
        exp a:f
        exp a:o
        exp2 self:T
        expand self:T size:i *implicit:b
        expand_as self:T other:T
        expm1 self:T
        expm1 a:i
        expm1 a:f
        feature_dropout input:T p:f train:b
        fill self:T value:f
        fill self:T value:T
        flatten self:T start_dim:i end_dim:i
        flip self:T dims:i
        floor self:T
        floor a:i
        floor a:f
        floor_divide self:T other:T
        floor_divide self:T other:f
        fmod self:T other:T
        fmod self:T other:f
        full size:i fill_value:f *dtype:i *layout:i *device:o *pin_memory:b
        full_like self:T fill_value:f *dtype:i *layout:i *device:o *pin_memory:b *memory_format:i
        gather self:T dim:i index:T *sparse_grad:b
        ge self:T other:T
        ge self:T other:f
        ge a:s b:s
        gelu self:T *approximate:s
        glu self:T dim:i
        group_norm input:T num_groups:i weight:T bias:T eps:f cudnn_enabled:b
        gru input:T hx:T params:L has_biases:b num_layers:i dropout:f train:b bidirectional:b batch_first:b
        gru data:T batch_sizes:T hx:T params:L has_biases:b num_layers:i dropout:f train:b bidirectional:b
        gt self:T other:T
        gt self:T other:f
        gt a:s b:s
        hardsigmoid self:T
        hardswish self:T
        hardtanh self:T min_val:f max_val:f
        index self:T indices:o
        index self:T indices:L
        index self:s substr:s start:i end:i
        index self:i el:i
        index self:f el:f
        index self:b el:b
        index self:L el:T
        index self:s el:s
        index_select self:T dim:i index:T
        instance_norm input:T weight:T bias:T running_mean:T running_var:T use_input_stats:b momentum:f
          eps:f cudnn_enabled:b
        isnan self:T
        isnan a:f
        isnan a:o
        layer_norm input:T normalized_shape:i weight:T bias:T eps:f cudnn_enable:b
        le self:T other:T
        le self:T other:f
        le a:s b:s
        leaky_relu self:T negative_slope:f
        lerp self:T end:T weight:f
        lerp self:T end:T weight:T
        lift self:T
        lift_fresh self:T
        lift_fresh_copy self:T
        linalg_vector_norm self:T ord:f dim:i keepdim:b *dtype:i
        linear input:T weight:T bias:T
        log self:T
        log a:i
        log a:f
        log a:o
        log10 self:T
        log10 a:i
        log10 a:f
        log10 a:o
        log1p self:T
        log1p a:i
        log1p a:f
        log2 self:T
        log_sigmoid self:T
        log_softmax self:T dim:i dtype:i
        logical_and self:T other:T
        logical_not self:T
        logical_or self:T other:T
        logical_xor self:T other:T
        logsumexp self:T dim:i keepdim:b
        lstm input:T hx:L params:L has_biases:b num_layers:i dropout:f train:b bidirectional:b batch_first:b
        lstm data:T batch_sizes:T hx:L params:L has_biases:b num_layers:i dropout:f train:b bidirectional:b
        lt self:T other:T
        lt self:T other:f
        lt a:s b:s
        mT self:T
        masked_fill self:T mask:T value:f
        masked_fill self:T mask:T value:T
        matmul self:T other:T
        max self:T other:T
        max self:T
        max self:T dim:i keepdim:b
        max self:T dim:i keepdim:b *max:T *max_values:T
        max_pool1d self:T kernel_size:i stride:i padding:i dilation:i ceil_mode:b
        max_pool2d self:T kernel_size:i stride:i padding:i dilation:i ceil_mode:b
        max_pool2d_with_indices self:T kernel_size:i stride:i padding:i dilation:i ceil_mode:b
        max_pool3d self:T kernel_size:i stride:i padding:i dilation:i ceil_mode:b
        max_pool3d_with_indices self:T kernel_size:i stride:i padding:i dilation:i ceil_mode:b
        maximum self:T other:T
        mean self:T *dtype:i
        mean self:T dim:i keepdim:b *dtype:i
        min self:T other:T
        min self:T
        min self:T dim:i keepdim:b
        min self:T dim:i keepdim:b *min:T *min_indices:T
        minimum self:T other:T
        mish self:T
        mm self:T mat2:T
        mm self:T mat2:T out_dtype:i
        movedim self:T source:i destination:i
        mul self:T other:T
        mul self:T other:f
        mul l:o n:i
        mul n:i l:o
        multiply self:T other:T
        multiply self:T other:f
        mv self:T vec:T
        narrow self:T dim:i start:i length:i
        narrow self:T dim:i start:T length:i
        native_batch_norm input:T weight:T bias:T running_mean:T running_var:T training:b momentum:f eps:f
        native_dropout input:T p:f train:b
        native_group_norm input:T weight:T bias:T N:i C:i HxW:i group:i eps:f
        native_layer_norm input:T normalized_shape:i weight:T bias:T eps:f
        ne self:T other:T
        ne self:T other:f
        ne a:s b:s
        ne a:L b:L
        neg self:T
        neg a:i
        neg a:f
        neg a:o
        new_full self:T size:i fill_value:f *dtype:i *layout:i *device:o *pin_memory:b
        new_ones self:T size:i *dtype:i *layout:i *device:o *pin_memory:b
        new_zeros self:T size:i *dtype:i *layout:i *device:o *pin_memory:b
        norm self:T p:f
        norm self:T p:f dim:i keepdim:b
        norm self:T p:f dim:i keepdim:b *dtype:i
        norm self:T p:f *dtype:i
        numel self:T
        numpy_T self:T
        ones size:i *dtype:i *layout:i *device:o *pin_memory:b
        ones_like self:T *dtype:i *layout:i *device:o *pin_memory:b *memory_format:i
        pad self:T pad:i mode:s value:f
        permute self:T dims:i
        pixel_shuffle self:T upscale_factor:i
        pixel_unshuffle self:T downscale_factor:i
        positive self:T
        pow self:T exponent:T
        pow self:T exponent:f
        pow self:f exponent:T
        prelu self:T weight:T
        prod self:T *dtype:i
        prod self:T dim:i keepdim:b *dtype:i
        reciprocal self:T
        reflection_pad1d self:T padding:i
        reflection_pad2d self:T padding:i
        relu self:T
        relu6 self:T
        remainder self:T other:T
        remainder self:T other:f
        remainder self:f other:T
        repeat self:T repeats:i
        repeat_interleave repeats:T *output_size:i
        repeat_interleave self:T repeats:T dim:i *output_size:i
        repeat_interleave self:T repeats:i dim:i *output_size:i
        replication_pad1d self:T padding:i
        replication_pad2d self:T padding:i
        reshape self:T shape:i
        reshape_as self:T other:T
        resolve_conj self:T
        rms_norm input:T normalized_shape:i weight:T eps:f
        rnn_relu input:T hx:T params:L has_biases:b num_layers:i dropout:f train:b bidirectional:b
          batch_first:b
        rnn_relu data:T batch_sizes:T hx:T params:L has_biases:b num_layers:i dropout:f train:b
          bidirectional:b
        rnn_tanh input:T hx:T params:L has_biases:b num_layers:i dropout:f train:b bidirectional:b
          batch_first:b
        rnn_tanh data:T batch_sizes:T hx:T params:L has_biases:b num_layers:i dropout:f train:b
          bidirectional:b
        roll self:T shifts:i dims:i
        round self:T
        round self:T *decimals:i
        round a:i
        round a:f
        rsqrt self:T
        rsub self:T other:T *alpha:f
        rsub self:T other:f alpha:f
        scalar_tensor s:f *dtype:i *layout:i *device:o *pin_memory:b
        scaled_dot_product_attention query:T key:T value:T attn_mask:T dropout_p:f is_causal:b *scale:f
          *enable_gqa:b
        select self:T dim:i index:i
        select list:o idx:i
        selu self:T
        sgn self:T
        sigmoid self:T
        sign self:T
        silu self:T
        sin self:T
        sin a:i
        sin a:f
        sin a:o
        sinh self:T
        sinh a:i
        sinh a:f
        sinh a:o
        size self:T dim:i
        size self:T
        slice self:T dim:i start:i end:i step:i
        slice l:o start:i end:i step:i
        slice string:s start:i end:i step:i
        softmax self:T dim:i dtype:i
        softplus self:T beta:f threshold:f
        special_erf self:T
        special_log_softmax self:T dim:i *dtype:i
        split self:T split_size:i dim:i
        split self:s separator:s max:i
        split self:T split_sizes:i dim:i
        split_with_sizes self:T split_sizes:i dim:i
        sqrt self:T
        sqrt a:i
        sqrt a:f
        sqrt a:o
        square self:T
        squeeze self:T
        squeeze self:T dim:i
        stack tensors:L dim:i
        std self:T unbiased:b
        std self:T dim:i unbiased:b keepdim:b
        std self:T dim:i *correction:f *keepdim:b
        sub self:T other:T *alpha:f
        sub self:T other:f alpha:f
        subtract self:T other:T *alpha:f
        subtract self:T other:f alpha:f
        sum self:T dim:i keepdim:b *dtype:i
        sum self:T *dtype:i
        sum self:i
        sum self:f
        sum self:o
        sum self:b
        swapaxes self:T axis0:i axis1:i
        swapdims self:T dim0:i dim1:i
        sym_numel self:T
        sym_size self:T dim:i
        sym_size self:T
        t self:T
        tan self:T
        tan a:i
        tan a:f
        tan a:o
        tanh self:T
        tanh a:i
        tanh a:f
        tanh a:o
        threshold self:T threshold:f value:f
        tile self:T dims:i
        to self:T device:o dtype:i non_blocking:b copy:b memory_format:i
        to self:T dtype:i non_blocking:b copy:b memory_format:i
        to self:T other:T non_blocking:b copy:b memory_format:i
        to self:T device:o dtype:i non_blocking:b copy:b
        to self:T dtype:i non_blocking:b copy:b
        to self:T non_blocking:b copy:b
        topk self:T k:i dim:i largest:b sorted:b
        topk self:T k:i dim:i largest:b sorted:b *values:T *indices:T
        transpose self:T dim0:i dim1:i
        tril self:T diagonal:i
        triu self:T diagonal:i
        true_divide self:T other:T
        true_divide self:T other:f
        trunc self:T
        type_as self:T other:T
        unbind self:T dim:i
        unflatten self:T dim:i sizes:i
        unsafe_chunk self:T chunks:i dim:i
        unsafe_split self:T split_size:i dim:i
        unsafe_split_with_sizes self:T split_sizes:i dim:i
        unsqueeze self:T dim:i
        upsample_bicubic2d self:T output_size:i align_corners:b scales_h:f scales_w:f
        upsample_bicubic2d input:T output_size:i align_corners:b scale_factors:F
        upsample_bilinear2d self:T output_size:i align_corners:b scales_h:f scales_w:f
        upsample_bilinear2d input:T output_size:i align_corners:b scale_factors:F
        upsample_linear1d self:T output_size:i align_corners:b scales:f
        upsample_linear1d input:T output_size:i align_corners:b scale_factors:F
        upsample_nearest1d self:T output_size:i scales:f
        upsample_nearest1d input:T output_size:i scale_factors:F
        upsample_nearest2d self:T output_size:i scales_h:f scales_w:f
        upsample_nearest2d input:T output_size:i scale_factors:F
        upsample_nearest3d self:T output_size:i scales_d:f scales_h:f scales_w:f
        upsample_nearest3d input:T output_size:i scale_factors:F
        upsample_trilinear3d self:T output_size:i align_corners:b scales_d:f scales_h:f scales_w:f
        upsample_trilinear3d input:T output_size:i align_corners:b scale_factors:F
        var self:T unbiased:b
        var self:T dim:i unbiased:b keepdim:b
        var self:T dim:i *correction:f *keepdim:b
        view self:T size:i
        view self:T dtype:i
        view_as self:T other:T
        where condition:T self:T other:T
        where condition:T self:T other:f
        where condition:T self:f other:T
        where condition:T self:f other:f
        where condition:T
        zeros size:i *dtype:i *layout:i *device:o *pin_memory:b
        zeros_like self:T *dtype:i *layout:i *device:o *pin_memory:b *memory_format:i
        """
}
