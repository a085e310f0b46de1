using TorchSharp;
using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>x / sqrt(mean(x²) + ε) · (1 + w), over the last dimension (modeling_gemma.py, <c>GemmaRMSNorm</c>).</summary>
internal sealed class RmsNorm(ParameterSet parameters, string prefix, float epsilon)
{
    private readonly Parameter _weight = parameters[prefix + ".weight"];
    private readonly Scalar _epsilon = epsilon.ToScalar();

    public Tensor Forward(Tensor x)
    {
        // Not square(), which is pow() with a scalar made on the way.
        Tensor scale = x.mul(x).mean([-1], keepdim: true).add(_epsilon, Constants.One).rsqrt();
        return x.mul(scale).mul(_weight.Read(x.device).add(Constants.One, Constants.One));
    }
}
