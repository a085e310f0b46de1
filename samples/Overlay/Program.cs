// Draws found objects over a picture: dotnet run -- PICTURE OUTPUT.png "<loc0051><loc0310><loc0298><loc0627> ellipse"
// The third argument is what a model answers to 'detect ellipse'.
using PaliGemma.Imaging;
using PaliGemma.Tasks;

if (args is not [string file, string target, string text])
{
    Console.Error.WriteLine("Expected a picture, the PNG file to write, and what a model answered.");
    return 1;
}
RgbImage picture = ImageFile.Load(file);
TaskOutput answer = TaskOutputParser.ParseObjects(text, picture.Width, picture.Height);
PngWriter.Save(OverlayRenderer.Render(picture, answer.Objects), target);
return 0;
