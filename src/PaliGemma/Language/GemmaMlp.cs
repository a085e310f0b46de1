using PaliGemma.Configuration;
using PaliGemma.Kernels;
using PaliGemma.Layers;

namespace PaliGemma.Language;

/// <summary>down(gelu(gate(x)) · up(x)), with the tanh approximation of GELU.</summary>
internal sealed class GemmaMlp(GemmaConfig config, WeightLoader weights, string prefix)
{
    private readonly Linear _gate = weights.Linear(prefix + ".gate_proj", config.IntermediateSize, config.HiddenSize, bias: false);
    private readonly Linear _up = weights.Linear(prefix + ".up_proj", config.IntermediateSize, config.HiddenSize, bias: false);
    private readonly Linear _down = weights.Linear(prefix + ".down_proj", config.HiddenSize, config.IntermediateSize, bias: false);

    /// <summary>What one pass multiplies by.</summary>
    public IEnumerable<WeightMatrix> Weights => [_gate.Weight, _up.Weight, _down.Weight];

    /// <summary>Replaces the first <paramref name="rows"/> rows of <c>Normed</c> by the MLP's output.</summary>
    public void Forward(int rows, GemmaWorkspace work, WorkerPool pool)
    {
        for (int start = 0; start < rows; start += GemmaWorkspace.MlpRows)
        {
            int count = Math.Min(GemmaWorkspace.MlpRows, rows - start);
            Span<float> x = work.Normed.AsSpan(start * _gate.InputSize, count * _gate.InputSize);
            Span<float> gate = work.Gate.AsSpan(0, count * _gate.OutputSize);
            Span<float> up = work.Up.AsSpan(0, count * _up.OutputSize);
            _gate.Forward(x, count, gate, pool);
            _up.Forward(x, count, up, pool);
            Gelu.TanhGate(gate, up, pool);
            _down.Forward(gate, count, x, pool);
        }
    }
}
