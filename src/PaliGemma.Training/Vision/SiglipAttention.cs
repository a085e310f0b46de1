using PaliGemma.Configuration;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Vision;

/// <summary>Full (unmasked) multi-head attention of the image tower, scale 1/sqrt(head size).</summary>
internal sealed class SiglipAttention(SiglipVisionConfig config, ParameterSet parameters, string prefix)
{
    private readonly Linear _query = new(parameters, prefix + ".q_proj", bias: true);
    private readonly Linear _key = new(parameters, prefix + ".k_proj", bias: true);
    private readonly Linear _value = new(parameters, prefix + ".v_proj", bias: true);
    private readonly Linear _output = new(parameters, prefix + ".out_proj", bias: true);

    /// <summary>[pictures, patches, hidden] of the same.</summary>
    public Tensor Forward(Tensor x)
    {
        x = parameters.ForProducts(x);
        // In bfloat16 the fused kernel spends more time on preparing its small products than on multiplying.
        Tensor attended = nn.functional.scaled_dot_product_attention(
            Heads(_query.Forward(x)), Heads(_key.Forward(x)), Heads(_value.Forward(x)));
        return _output.Forward(attended.transpose(1, 2).reshape(x.shape));
    }

    /// <summary>[pictures, patches, hidden] to [pictures, heads, patches, head size] in float32.</summary>
    private Tensor Heads(Tensor x) =>
        x.to(ScalarType.Float32).view(x.shape[0], x.shape[1], config.HeadCount, config.HeadSize).transpose(1, 2);
}
