using System.Text;

namespace PaliGemma.Data.Annotations;

/// <summary>
/// Writes a YOLO data set: <c>data.yaml</c>, and in <c>labels</c> one file per picture, empty for a picture without objects.
/// </summary>
/// <param name="folder">An empty folder.</param>
internal sealed class YoloWriter(string folder) : AnnotationWriter
{
    /// <summary>What the folder holds beside the labels.</summary>
    public const string DatasetFile = "data.yaml";

    /// <summary>The folder of labels.</summary>
    public const string LabelsFolder = "labels";

    private YoloLabels _labels = new([]);

    public override void Begin(IReadOnlyList<string> labels) => _labels = new YoloLabels(labels);

    public override void Write(AnnotatedImage image) =>
        SidecarFile.Write(Path.Combine(folder, LabelsFolder), image, ".txt", Encoding.UTF8.GetBytes(_labels.Format(image)));

    public override void Complete()
    {
        using StreamWriter text = new(Path.Combine(folder, DatasetFile));
        text.NewLine = "\n";
        YoloDataset.Write(text, _labels.Classes);
    }
}
