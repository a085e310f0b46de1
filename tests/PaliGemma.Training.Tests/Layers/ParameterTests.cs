using PaliGemma.Checkpoints;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Layers;

public class ParameterTests
{
    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void Gradients_of_many_parts_of_a_batch_add_up_without_loss(ScalarType type)
    {
        const int Parts = 300; // In bfloat16, 256 + 1 is 256.
        using Parameter parameter = new(new LayoutEntry("weight", TensorRole.Projection, [2]), zeros([2], type)) { IsTrainable = true };
        for (int part = 0; part < Parts; part++)
        {
            using var scope = NewDisposeScope();
            parameter.Value.sum().backward();
            parameter.GatherGradient();
        }
        using Tensor gradient = parameter.Gradient!.to(ScalarType.Float32);
        Assert.Equal([Parts, Parts], gradient.data<float>().ToArray());
    }
}
