using PaliGemma.Tests;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Tests.Layers;

public class PositionTableTests
{
    [Fact]
    public void A_grid_is_interpolated_linearly_with_corners_on_corners()
    {
        using var scope = NewDisposeScope();
        // Two values per patch: the column, and ten times the row.
        Tensor table = tensor(new float[,] { { 0, 0 }, { 1, 0 }, { 0, 10 }, { 1, 10 } });
        Tensor resized = PositionTable.Resize(table, 9, "table");
        Tensors.AssertClose(
            "resized", [0, 0, 0.5f, 0, 1, 0, 0, 5, 0.5f, 5, 1, 5, 0, 10, 0.5f, 10, 1, 10], resized.data<float>().ToArray(), 1e-6);
    }

    [Fact]
    public void A_model_s_resolution_can_be_raised()
    {
        using ToyRun toy = new();
        using TrainableModel raised = TrainableModel.Load(toy.Folder, imageSize: 56);
        Assert.Equal([16, 32], raised.Parameters["vision_tower.vision_model.embeddings.position_embedding.weight"].Shape);
        Assert.Equal(16, raised.Config.Vision.PatchCount);
        Assert.Throws<ArgumentException>(() => TrainableModel.Load(toy.Folder, imageSize: 57));
    }
}
