//! Fields of one moment as frames for ParaView.

use crate::case::{Case, Compression, FieldFormat};
use crate::output::{Format, Frame, Packing};
use crate::physics::constants::NANOMETRE;
use crate::simulation::Fields;

/// Sections around the axis of a revolved frame.
const SECTIONS: usize = 48;

/// How a case wants its frames; with `revolve` also turned to three dimensions.
pub(super) fn format(case: &Case, revolve: bool) -> Format {
    Format {
        in_one_file: case.output.format == FieldFormat::Vtkhdf,
        packing: match case.output.compression {
            Compression::Zlib => Packing::Zlib,
            Compression::Lz4 => Packing::Lz4,
            Compression::None => Packing::None,
        },
        sections: revolve.then_some(SECTIONS),
    }
}

/// The fields of a moment, lengths in nm.
pub(super) fn frame(fields: Fields) -> Frame {
    let nm = |lengths: Vec<f64>| lengths.iter().map(|l| l / NANOMETRE).collect::<Vec<f64>>();
    let places = |points: Vec<[f64; 2]>| {
        let points = points.into_iter();
        points.map(|point| point.map(|x| x / NANOMETRE)).collect()
    };
    Frame {
        time_s: fields.time,
        r_nodes_nm: nm(fields.r),
        z_nodes_nm: nm(fields.z),
        widths: fields.widths,
        rises_nm: nm(fields.rises),
        falling: fields.falling,
        mouth_nm: fields.mouth / NANOMETRE,
        active: fields.active,
        layer_nm: places(fields.layer),
        front_nm: places(fields.front),
        fields: fields.all,
    }
}
