using PaliGemma.Training.Layers;
using PaliGemma.Training.Optimization;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Optimization;

public class OptimizerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Clipping_scales_all_gradients_to_the_norm_and_leaves_smaller_ones_alone(bool useMuon)
    {
        using GoldenRows golden = new("S");
        using TrainableModel model = golden.LoadModel();
        using Optimizer optimizer = new(model.Parameters, beta2: 0.999, useMuon);
        SetGradients(model, 2);
        Assert.Equal(2 * Math.Sqrt(optimizer.Elements), optimizer.ClipGradients(1), 1e-2);
        Assert.Equal(1, optimizer.ClipGradients(1), 1e-4);
        Assert.Equal(1, optimizer.ClipGradients(5), 1e-4);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_trainable_weight_is_updated_once_and_all_gradients_are_taken_back(bool useMuon)
    {
        using GoldenRows golden = new("S");
        using TrainableModel model = golden.LoadModel();
        model.SetTrainable(ModelPart.Vision, false);
        float[][] before = Weights(model);
        using Optimizer optimizer = new(model.Parameters, beta2: 0.999, useMuon);
        SetGradients(model, 1);
        optimizer.Step(0, learningRate: 0.1, matrixRate: 0.1);
        float[][] after = Weights(model);
        int i = 0;
        using var scope = NewDisposeScope();
        foreach (Parameter parameter in model.Parameters)
        {
            Assert.Equal(parameter.IsTrainable, !before[i].SequenceEqual(after[i]));
            Assert.Equal(parameter.IsTrainable ? 0 : 1, First(parameter.Value.grad!));
            i++;
        }
    }

    [Fact]
    public void Muon_has_the_matrices_between_hidden_states_and_adam_the_rest()
    {
        using GoldenRows golden = new("S");
        using TrainableModel model = golden.LoadModel();
        using Optimizer optimizer = new(model.Parameters, beta2: 0.999, useMuon: true);
        string[] names = [.. optimizer.State.Select(state => state.Name)];
        Assert.Contains("momentum.language_model.model.layers.0.mlp.up_proj.weight", names);
        Assert.Contains("momentum.vision_tower.vision_model.encoder.layers.0.self_attn.q_proj.weight", names);
        Assert.Contains("first_moment.language_model.model.embed_tokens.weight", names);
        Assert.Contains("first_moment.multi_modal_projector.linear.weight", names);
        Assert.Contains("second_moment.vision_tower.vision_model.embeddings.patch_embedding.weight", names);
        Assert.DoesNotContain("first_moment.language_model.model.layers.0.mlp.up_proj.weight", names);
        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData(8, 24)]
    [InlineData(24, 8)]
    [InlineData(12, 12)]
    public void Orthogonal_updates_keep_directions_and_bring_singular_values_to_about_1(int rows, int columns)
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(1);
        Tensor matrix = randn([rows, columns], generator: generator);
        Tensor result = Muon.Orthogonalize(matrix);
        (Tensor left, Tensor values, Tensor right) = linalg.svd(matrix, fullMatrices: false);
        Assert.All(linalg.svdvals(result).data<float>().ToArray(), value => Assert.InRange(value, 0.3, 1.3));
        // In the singular directions of the matrix, the result is diagonal and positive.
        Tensor inside = left.t().matmul(result).matmul(right.t());
        Assert.True(inside.sub(diag(inside.diagonal())).abs().max().item<float>() < 1e-2);
        Assert.True(inside.diagonal().min().item<float>() > 0.3);
        Assert.Equal(Math.Min(rows, columns), values.shape[0]);
    }

    private static void SetGradients(TrainableModel model, float value)
    {
        using var scope = NewDisposeScope();
        foreach (Parameter parameter in model.Parameters)
        {
            parameter.Value.grad = tensor(Enumerable.Repeat(value, (int)parameter.Value.numel()).ToArray(), [.. parameter.Shape]);
        }
    }

    private static float[][] Weights(TrainableModel model)
    {
        using var scope = NewDisposeScope();
        return [.. model.Parameters.Select(parameter => parameter.Value.detach().data<float>().ToArray())];
    }

    private static float First(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().view(-1)[0].item<float>();
    }
}
