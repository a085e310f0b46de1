using PaliGemma.Tasks;

namespace PaliGemma.Data.Annotations;

/// <summary>A picture and what is marked in it.</summary>
/// <param name="Path">The picture's file, relative to the folder of pictures, with forward slashes.</param>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Objects">What is marked, in the source's order.</param>
public sealed record AnnotatedImage(string Path, int Width, int Height, IReadOnlyList<AnnotatedObject> Objects)
{
    /// <summary>What the source says about this picture and an <see cref="AnnotatedObject"/> cannot hold, one entry for each.</summary>
    public IReadOnlyList<SkipReason> Skipped { get; init; } = [];

    /// <summary>What was read although it is not as the format says, in sentences that name the place.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Where the source names the picture, file and field, for what is wrong with the name.</summary>
    internal string Origin { get; init; } = "";

    /// <summary>What a model found in a picture, to be written as annotations.</summary>
    /// <param name="path">The picture's file.</param>
    /// <param name="width">The picture's width in pixels.</param>
    /// <param name="height">The picture's height in pixels.</param>
    /// <param name="objects">What was found.</param>
    public static AnnotatedImage Of(string path, int width, int height, IEnumerable<DetectedObject> objects) =>
        new(path, width, height, [.. objects.Select(AnnotatedObject.Of)]);
}
