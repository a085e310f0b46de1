using PaliGemma.Training.Layers;
using PaliGemma.Training.Optimization;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Optimization;

public class AdamWTests
{
    private const string Decayed = "multi_modal_projector.linear.weight";
    private const string Undecayed = "language_model.model.layers.0.mlp.up_proj.weight";

    [Theory]
    [InlineData(Decayed, 0.01)]
    [InlineData(Undecayed, 0)]
    public void Updates_are_those_of_the_paper_and_only_image_kernels_decay(string name, double decay)
    {
        using GoldenRows golden = new("S");
        using TrainableModel model = golden.LoadModel();
        Parameter parameter = model.Parameters[name];
        using AdamW optimizer = new([parameter]);
        double weight = First(parameter.Value), mean = 0, square = 0;
        for (int step = 0; step < 5; step++)
        {
            float gradient = 0.3f * (step - 1.5f);
            using (var scope = NewDisposeScope())
            {
                parameter.Value.grad = Filled(parameter, gradient);
            }
            optimizer.Step(step, learningRate: 0.1, weightDecay: 0.01);
            mean = (0.9 * mean) + (0.1 * gradient);
            square = (0.999 * square) + (0.001 * gradient * gradient);
            double corrected = mean / (1 - Math.Pow(0.9, step + 1));
            weight -= decay * weight;
            weight -= 0.1 * corrected / (Math.Sqrt(square / (1 - Math.Pow(0.999, step + 1))) + 1e-8);
            Assert.Equal(weight, First(parameter.Value), 1e-5);
        }
    }

    [Fact]
    public void What_is_frozen_has_no_state()
    {
        using GoldenRows golden = new("S");
        using TrainableModel model = golden.LoadModel();
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.IsTrainable = parameter.Name == Decayed;
        }
        using AdamW optimizer = new(model.Parameters);
        Assert.Equal(Decayed, Assert.Single(optimizer.States).Parameter.Name);
    }

    private static Tensor Filled(Parameter parameter, float value) =>
        tensor(Enumerable.Repeat(value, (int)parameter.Value.numel()).ToArray(), [.. parameter.Shape]);

    private static float First(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().view(-1)[0].item<float>();
    }
}
