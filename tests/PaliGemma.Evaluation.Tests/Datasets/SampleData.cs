using System.Text;
using PaliGemma.Evaluation.Datasets;
using PaliGemma.Imaging;
using PaliGemma.Tests;

namespace PaliGemma.Evaluation.Tests.Datasets;

/// <summary>A folder with a few records in the form in which a benchmark is published.</summary>
internal sealed class SampleData : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public DatasetFolder Folder => new(_folder.FullName);

    /// <summary>Writes a file, with the folders on its way.</summary>
    public SampleData With(string name, string content)
    {
        string path = _folder.File(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(content));
        return this;
    }

    /// <summary>Writes pictures, 4 x 2 pixels, whatever their names end with.</summary>
    public SampleData WithPictures(params string[] names)
    {
        foreach (string name in names)
        {
            string path = _folder.File(name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            PngWriter.Save(new RgbImage(4, 2, new byte[24]), path);
        }
        return this;
    }

    /// <summary>The name of an example's picture.</summary>
    public static string PictureName(Example example) => Path.GetFileName(Assert.Single(example.Images));

    public void Dispose() => _folder.Dispose();
}
