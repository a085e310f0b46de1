namespace PaliGemma.Data.Annotations;

/// <summary>A way to write down what is where in pictures.</summary>
public enum AnnotationFormat
{
    /// <summary>One JSON file of images, annotations and categories (cocodataset.org/#format-data).</summary>
    Coco,

    /// <summary>A <c>data.yaml</c> and one text file per picture (docs.ultralytics.com/datasets/detect and /segment).</summary>
    Yolo,

    /// <summary>One XML file per picture (host.robots.ox.ac.uk/pascal/VOC, development kit).</summary>
    Voc,

    /// <summary>One JSON file per picture (github.com/wkentaro/labelme).</summary>
    LabelMe,

    /// <summary>PaliGemma's training data: one JSON object per line with <c>image</c>, <c>prefix</c> and <c>suffix</c>.</summary>
    PaliGemma,
}
