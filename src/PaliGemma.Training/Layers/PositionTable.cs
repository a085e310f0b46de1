using static TorchSharp.torch;

namespace PaliGemma.Training.Layers;

/// <summary>
/// The table of position embeddings for another picture size: its square grid is interpolated linearly, corners on corners, as PaliGemma's
/// resolution was raised (big_vision, models/vit.py, <c>resample_posemb</c>).
/// </summary>
internal static class PositionTable
{
    /// <summary>Makes [patches, hidden] of a table of another number of patches.</summary>
    /// <param name="table">[stored patches, hidden].</param>
    /// <param name="patches">Rows wanted.</param>
    /// <param name="name">Of the table, for errors.</param>
    /// <exception cref="ModelFileException">One of the numbers is no square.</exception>
    public static Tensor Resize(Tensor table, long patches, string name)
    {
        long from = Side(table.shape[0], name);
        long to = Side(patches, name);
        using var scope = NewDisposeScope();
        Tensor grid = table.view(1, from, from, -1).permute(0, 3, 1, 2);
        Tensor resized = nn.functional.interpolate(grid, [to, to], mode: InterpolationMode.Bilinear, align_corners: true);
        return resized.permute(0, 2, 3, 1).reshape(patches, -1).MoveToOuterDisposeScope();
    }

    private static long Side(long patches, string name)
    {
        long side = (long)Math.Round(Math.Sqrt(patches));
        return side * side == patches ? side : throw new ModelFileException($"{name} has {patches} rows; expected a square number.");
    }
}
