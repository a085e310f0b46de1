using System.Text;

namespace PaliGemma.Data.Annotations;

/// <summary>Writes LabelMe's JSON files, one beside where its picture would be.</summary>
/// <param name="folder">The folder of the files while they are written.</param>
/// <param name="finalFolder">Where they will be.</param>
/// <param name="pictures">The folder of pictures, which <c>imagePath</c> leads to; null if it is <paramref name="finalFolder"/>.</param>
internal sealed class LabelMeWriter(string folder, string finalFolder, string? pictures) : AnnotationWriter
{
    public override void Begin(IReadOnlyList<string> labels)
    {
    }

    public override void Write(AnnotatedImage image)
    {
        string document = LabelMeDocument.Of(image, ImagePath(image));
        SidecarFile.Write(folder, image, ".json", Encoding.UTF8.GetBytes(document));
    }

    /// <summary>The way from the annotations to the picture.</summary>
    private string ImagePath(AnnotatedImage image)
    {
        string file = Path.Combine(Path.GetFullPath(pictures ?? finalFolder), image.Path);
        string place = Path.GetDirectoryName(SidecarFile.PathOf(Path.GetFullPath(finalFolder), image.Path, ".json", image.Origin))!;
        return PicturePath.Normalize(Path.GetRelativePath(place, file), folder: null);
    }
}
